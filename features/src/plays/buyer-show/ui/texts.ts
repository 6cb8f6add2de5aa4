/** What people read of a buyer show, in both languages. */
export const showTexts = {
  kind: { 'zh-CN': '晒单', en: 'Buyer show' },
  verified: { 'zh-CN': '已验证购买', en: 'Verified purchase' },
  like: { 'zh-CN': '赞', en: 'Like' },
  picture: { 'zh-CN': '晒单图片', en: 'Picture of the show' },
  close: { 'zh-CN': '关闭', en: 'Close' },
  order: { 'zh-CN': '晒哪个订单', en: 'Which order' },
  noOrder: { 'zh-CN': '不关联订单', en: 'No order' },
  orderHint: { 'zh-CN': '关联订单后会显示「已验证购买」', en: 'With an order it wears “Verified purchase”' },
  text: { 'zh-CN': '说说使用感受', en: 'How do you like it' },
  textHint: { 'zh-CN': '香气、口感、分量…', en: 'Smell, taste, size…' },
  stars: { 'zh-CN': '评分', en: 'Stars' },
  photos: { 'zh-CN': '图片', en: 'Photos' },
  photosHint: { 'zh-CN': '最多三张，只有能看到晒单的人能看到', en: 'Up to three; who sees the show sees them' },
  pictures: { 'zh-CN': '我发过的图片', en: 'Photos I posted' },
  picturesHint: { 'zh-CN': '也可以选在群里发过的', en: 'Or choose some you posted in the group' },
  publish: { 'zh-CN': '发布晒单', en: 'Publish' },
}
export const starsText = (count: number) => ({ 'zh-CN': `${count} 星`, en: `${count} of 5 stars` })
export const likesText = (count: number) => ({
  'zh-CN': `${count} 人赞`,
  en: count === 1 ? '1 like' : `${count} likes`,
})
export const pictureText = (at: number) => ({ 'zh-CN': `图片 ${at}`, en: `Picture ${at}` })
