/** What people read of a check-in, in both languages. */
export const checkInTexts = {
  kind: { 'zh-CN': '打卡', en: 'Check-in' },
  check: { 'zh-CN': '打卡', en: 'Check in' },
  done: { 'zh-CN': '今日已打卡', en: 'Done for today' },
  ended: { 'zh-CN': '已结束', en: 'Over' },
  consecutive: { 'zh-CN': '连续打卡', en: 'Days in a row' },
  cumulative: { 'zh-CN': '累计打卡', en: 'Days in all' },
  board: { 'zh-CN': '排行榜', en: 'Leaderboard' },
  nobody: { 'zh-CN': '还没有人打卡', en: 'Nobody has checked in yet' },
  end: { 'zh-CN': '结束打卡', en: 'End it' },
  endAsk: { 'zh-CN': '结束这次打卡？', en: 'End this check-in?' },
  endSays: {
    'zh-CN': '之后不能再打卡，也不能重新开始；已有的天数和奖励都会保留。',
    en: 'Nobody can check in any more, and it cannot be started again. Days and rewards stay.',
  },
  words: { 'zh-CN': '写几句今天的记录', en: 'A few words about today' },
  photo: { 'zh-CN': '选一张我发过的图片', en: 'Pick a picture you posted' },
  photoHint: { 'zh-CN': '先在群里发图片，再来这里选', en: 'Post it in the group first, then pick it here' },
  place: { 'zh-CN': '使用当前位置', en: 'Use where I am' },
  placeFailed: { 'zh-CN': '没有拿到位置', en: 'The place could not be found' },
  picture: { 'zh-CN': '打卡图片', en: 'Picture of the check-in' },
  submit: { 'zh-CN': '提交打卡', en: 'Check in' },
  missed: { 'zh-CN': '未打卡', en: 'missed' },
  checked: { 'zh-CN': '已打卡', en: 'done' },
  madeUp: { 'zh-CN': '补卡', en: 'made up' },
  title: { 'zh-CN': '打卡名称', en: 'What for' },
  mode: { 'zh-CN': '计算方式', en: 'Counts' },
  proof: { 'zh-CN': '打卡内容', en: 'Proof' },
  proofNone: { 'zh-CN': '点一下就行', en: 'A tap' },
  proofText: { 'zh-CN': '文字', en: 'Words' },
  proofPhoto: { 'zh-CN': '图片', en: 'A picture' },
  proofLocation: { 'zh-CN': '位置', en: 'A place' },
  opens: { 'zh-CN': '每天从', en: 'Daily from' },
  closes: { 'zh-CN': '到', en: 'to' },
  makeUps: { 'zh-CN': '每 30 天补卡次数', en: 'Make-ups in 30 days' },
  leaderboard: { 'zh-CN': '公开排行榜', en: 'Leaderboard' },
  milestones: { 'zh-CN': '奖励', en: 'Rewards' },
  days: { 'zh-CN': '天数', en: 'Days' },
  points: { 'zh-CN': '积分', en: 'Points' },
  addMilestone: { 'zh-CN': '添加奖励', en: 'Add a reward' },
  removeMilestone: { 'zh-CN': '删除奖励', en: 'Remove the reward' },
  ascend: { 'zh-CN': '天数要比上一档多', en: 'More days than the one before' },
  publish: { 'zh-CN': '发起打卡', en: 'Start it' },
}
export const streakText = (days: number) => ({ 'zh-CN': `连续 ${days} 天`, en: `${days} in a row` })
export const totalText = (days: number) => ({ 'zh-CN': `共 ${days} 天`, en: `${days} ${days === 1 ? 'day' : 'days'}` })
export const todayText = (count: number) => ({ 'zh-CN': `今日 ${count} 人`, en: `${count} today` })
export const membersText = (count: number) => ({ 'zh-CN': `${count} 人参与`, en: `${count} taking part` })
export const windowText = (from: string, to: string) => ({ 'zh-CN': `每天 ${from}–${to}`, en: `Daily ${from}–${to}` })
export const rewardText = (days: number, points: number) => ({
  'zh-CN': `${days} 天 +${points} 积分`,
  en: `${days} days: +${points} points`,
})
export const makeUpText = (day: string, left: number) => ({
  'zh-CN': `补 ${day} 的卡（还剩 ${left} 次）`,
  en: `Make up ${day} (${left} left)`,
})
export const milestoneLabel = (at: number) => ({ 'zh-CN': `第 ${at} 档`, en: `Reward ${at}` })
/** 06:05 from minutes since midnight. */
export const clockOf = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
