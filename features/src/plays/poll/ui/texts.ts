/** What people read of a poll, in both languages. */
export const pollTexts = {
  kind: { 'zh-CN': '投票', en: 'Poll' },
  vote: { 'zh-CN': '投票', en: 'Vote' },
  change: { 'zh-CN': '更改投票', en: 'Change my vote' },
  closed: { 'zh-CN': '已结束', en: 'Closed' },
  anonymous: { 'zh-CN': '匿名', en: 'Anonymous' },
  hidden: { 'zh-CN': '结束后公布结果', en: 'Results when it closes' },
  single: { 'zh-CN': '单选', en: 'One choice' },
  voted: { 'zh-CN': '我的选择', en: 'My choice' },
  add: { 'zh-CN': '添加选项', en: 'Add an option' },
  adding: { 'zh-CN': '添加', en: 'Add' },
  close: { 'zh-CN': '结束投票', en: 'Close the poll' },
  voters: { 'zh-CN': '投票的人', en: 'Who voted' },
  noVoters: { 'zh-CN': '还没有人选', en: 'Nobody yet' },
  question: { 'zh-CN': '问题', en: 'Question' },
  options: { 'zh-CN': '选项', en: 'Options' },
  addOption: { 'zh-CN': '再加一个选项', en: 'Another option' },
  removeOption: { 'zh-CN': '删除选项', en: 'Remove the option' },
  choices: { 'zh-CN': '每人可选', en: 'Choices per person' },
  lasts: { 'zh-CN': '多久后结束', en: 'Ends after' },
  noEnd: { 'zh-CN': '不自动结束', en: 'No end' },
  hour: { 'zh-CN': '1 小时', en: '1 hour' },
  day: { 'zh-CN': '1 天', en: '1 day' },
  threeDays: { 'zh-CN': '3 天', en: '3 days' },
  optAnonymous: { 'zh-CN': '匿名投票', en: 'Anonymous' },
  optChange: { 'zh-CN': '可以改票', en: 'Votes may change' },
  optAdd: { 'zh-CN': '成员可加选项', en: 'Members may add options' },
  optHide: { 'zh-CN': '结束后才公布结果', en: 'Hide results until it closes' },
  publish: { 'zh-CN': '发起投票', en: 'Start the poll' },
  twice: { 'zh-CN': '选项重复', en: 'The option stands twice' },
}
export const votersText = (count: number) => ({
  'zh-CN': `${count} 人已投`,
  en: count === 1 ? '1 voter' : `${count} voters`,
})
export const upToText = (count: number) => ({ 'zh-CN': `最多选 ${count} 项`, en: `Up to ${count}` })
export const optionText = (at: number) => ({ 'zh-CN': `选项 ${at}`, en: `Option ${at}` })
export const resultText = (count: number, percent: number) => ({
  'zh-CN': `${count} 票，${percent}%`,
  en: `${count} ${count === 1 ? 'vote' : 'votes'}, ${percent}%`,
})
