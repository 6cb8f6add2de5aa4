/** What the faces of a lucky draw say, in both languages. */
import type { LocalText } from '@qun/contract'

const say = (zh: string, en: string): LocalText => ({ 'zh-CN': zh, en })
const many = (n: number, one: string, other: string) => `${n} ${n === 1 ? one : other}`

export const drawTexts = {
  kind: say('抽奖', 'Lucky draw'),
  enter: say('参与抽奖', 'Enter the draw'),
  entered: say('已参与', 'You are in'),
  organiserWaits: say('等大家来参与', 'Waiting for people to enter'),
  closing: say('正在截止…', 'Closing…'),
  closesIn: say('截止', 'Entries close'),
  drawsIn: say('开奖', 'Draw'),
  waiting: say('已截止，等待开奖', 'Entries are closed, the draw comes next'),
  drawing: say('正在开奖…', 'Drawing…'),
  drawn: say('已开奖', 'Drawn'),
  cancelled: say('抽奖已取消', 'The draw was cancelled'),
  nobody: say('没有人参与，奖品没有发出', 'Nobody entered; no prize was given'),
  notWon: say('这次没有中，谢谢参与', 'Not this time. Thank you for entering'),
  proof: say('验证结果', 'Check the result'),
  details: say('奖品与规则', 'Prizes and rules'),
  prizes: say('奖品', 'Prizes'),
  organiser: say('主办方', 'Organiser'),
  contact: say('联系方式', 'Contact'),
  conditions: say('参与条件', 'Who may enter'),
  method: say('领奖与未领处理', 'Claiming prizes'),
  fairness: say('怎样保证公平', 'How it is kept fair'),
  allWinners: say('全部中奖者', 'All winners'),
  claim: say('我要领奖', 'Claim my prize'),
  claimed: say('已领奖，等主办方联系', 'Claimed. The organiser will be in touch'),
  claimOver: say('领奖已截止', 'The time to claim is over'),
  claimDays: say('领奖期限', 'Time to claim'),
  claimNone: say('不设期限', 'No limit'),
  claimWeek: say('7 天内', 'Within 7 days'),
  claimMonth: say('30 天内', 'Within 30 days'),
  cancelDraw: say('取消抽奖', 'Cancel the draw'),
  cancelAsk: say('取消这次抽奖？', 'Cancel this draw?'),
  cancelReason: say('原因（所有成员可见）', 'Reason, shown to every member'),
  cancelNeedsReason: say('请写下原因', 'Please give a reason'),
  modeNone: say(
    '开始前公布了种子的指纹，开奖后公开种子：任何人都能验证服务器没有在看到名单后换种子。',
    "The seed's fingerprint was published at the start and the seed after the draw, so anyone can check that it was not changed.",
  ),
  modeGroup: say(
    '除了预先公布指纹的种子，每位参与者的设备也各加入一个随机数。最后一位参与者仍可能由主办方安排，因此弱于公开信标。',
    "Each entrant's device adds a random number to the committed seed. A last entrant could still be arranged, so it is weaker than a public beacon.",
  ),
  modeBeacon: say(
    '开奖还要用到截止之后才出现的公开随机数，主办方和服务器都无法预先知道。',
    'The draw also needs a public random number that does not exist before entries close; nobody can know it in advance.',
  ),
  // the form
  title: say('抽奖名称', 'Title'),
  titleHint: say('例如：谢谢老友，抽三份挂耳', 'For example: Thank you, regulars'),
  prizeName: say('奖品名称', 'Prize'),
  quantity: say('数量', 'Quantity'),
  value: say('单份价值（元）', 'Worth of one (¥)'),
  addPrize: say('再加一种奖品', 'Add a prize'),
  removePrize: say('删除这种奖品', 'Remove this prize'),
  entryTime: say('多久后截止', 'Entries close after'),
  drawTime: say('开奖', 'The draw'),
  drawAtOnce: say('截止后 10 秒', '10 s later'),
  drawMinute: say('截止后 1 分钟', '1 min later'),
  drawTen: say('截止后 10 分钟', '10 min later'),
  disclosure: say('需要公示的信息', 'What must be told'),
  disclosureHint: say(
    '法律要求在参与前公示，所有成员可见。',
    'The law wants it told before anyone enters. Every member sees it.',
  ),
  randomness: say('随机来源', 'Randomness'),
  entropyNone: say('预先承诺的种子', 'A seed committed in advance'),
  entropyGroup: say('种子 + 参与者随机数（推荐）', "Seed + entrants' numbers (best)"),
  publish: say('发布抽奖', 'Start the draw'),
  conditionsDefault: say(
    '本群成员均可参与，每人一次；员工除外。',
    'Every member of this group may enter once; staff may not.',
  ),
  methodDefault: say(
    '中奖后在群里点「我要领奖」，再联系管理员领取；逾期未领的奖品按公示的规则处理。',
    'Tap “Claim my prize” and ask an admin in the group. What is not claimed in time goes as told here.',
  ),
  contactDefault: say('群内 @管理员', '@admin in this group'),
  // the proof
  checking: say('正在你的设备上重新计算…', 'Repeating the draw on your device…'),
  checkCommit: say('种子与开始前公布的指纹一致', 'The seed matches the fingerprint shown from the start'),
  checkList: say('参与名单与截止时公布的一致', 'The list of entries is the one published at closing'),
  checkMine: say('我的号码在名单里', 'My number is on the list'),
  checkWinners: say('重新抽取得到同样的中奖者', 'Drawing again gives the same winners'),
  checkFailed: say('不一致', 'Does not match'),
  allGood: say('四项都对得上，没有人动过结果', 'Everything matches. Nobody touched the result'),
  allGoodGuest: say('都对得上，没有人动过结果', 'Everything matches. Nobody touched the result'),
  notGood: say('有一项对不上，请联系主办方', 'Something does not match. Please ask the organiser'),
  needsSecure: say(
    '浏览器只在安全连接（HTTPS）下提供验证所需的算法。',
    'The browser offers the needed functions on secure connections (HTTPS) only.',
  ),
  numbers: say('看看数字', 'Show the numbers'),
  numberDraw: say('抽奖编号', 'Draw'),
  numberSeed: say('种子', 'Seed'),
  numberCommit: say('种子的指纹（SHA-256）', 'Fingerprint of the seed (SHA-256)'),
  numberList: say('参与名单的指纹（SHA-256）', 'Fingerprint of the list (SHA-256)'),
  numberBeacon: say('公开随机数', 'Public random number'),
  numberEntries: say('参与人数', 'Entries'),
  voided: say('抽中后因是员工或已被移出而作废', 'Drawn and set aside, as staff or banned'),
} as const

export const entryCountText = (n: number) => say(`${n} 人已参与`, `${many(n, 'person has', 'people have')} entered`)
export const myNumberText = (n: number) => say(`我的号码 ${n}`, `My number is ${n}`)
export const wonText = (prize: string) => say(`恭喜，你抽中了「${prize}」`, `You won: ${prize}`)
export const winnersText = (n: number) => say(`${n} 位中奖者`, many(n, 'winner', 'winners'))
export const moreWinnersText = (n: number) => say(`还有 ${n} 位`, `${n} more`)
export const unitsText = (n: number): LocalText => say(`共 ${n} 份`, `${n} in all`)
export const prizeQuantityText = (n: number) => say(`${n} 份`, `× ${n}`)
export const prizeLabelText = (n: number) => say(`奖品 ${n}`, `Prize ${n}`)

export const unclaimedText = (count: number): LocalText => ({
  'zh-CN': `${count} 份奖品无人领取，已退回主办方`,
  en: `${many(count, 'prize was', 'prizes were')} not claimed and went back`,
})
