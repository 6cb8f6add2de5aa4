/** What the front page says, in both languages. */
import type { Words } from '../story.ts'

const say = (zh: string, en: string): Words => ({ zh, en })

export const words = {
  shop: say('山茶咖啡', 'Camellia Coffee'),
  tagline: say('一家小店的 App，里面装着 Qun 群', "A small shop's app with Qun inside"),
  lead: say(
    '左边是顾客的手机，右边是店主的。两台都是真的客户端，连着同一台服务器。',
    "A customer's phone on the left, the owner's on the right. Both are real clients of one running server.",
  ),
  steps: say('试试看', 'Try this'),
  step1: say(
    '在小李的手机上买一包豆子，付款后点「确认收货」。',
    "On Li's phone buy some beans, pay, then confirm receipt.",
  ),
  step2: say(
    '接受进群邀请，跟大家说句话，看右边店主同时收到。',
    "Accept the invitation, say something, and watch it arrive on the owner's phone.",
  ),
  step3: say(
    '在店主的手机上点「＋」发起抽奖，用小李参加，开奖后点「验证结果」。',
    "On the owner's phone start a lucky draw from the plus menu, enter as Li, then check the result.",
  ),
  hint: say(
    '每台手机上方可以换人。换成赵阿姨或老周，看看别人眼里的群。',
    'Change who holds a phone above it: see the group as Auntie Zhao, or as Zhou who is in none.',
  ),
  customer: say('顾客的手机', "A customer's phone"),
  merchant: say('店主的手机', "The owner's phone"),
  holder: say('谁拿着这台手机', 'Who holds this phone'),
  languageName: say('English', '中文'),
  dark: say('切换到深色', 'Switch to dark'),
  light: say('切换到浅色', 'Switch to light'),
  log: say('刚刚发生了什么', 'What just happened'),
  logHint: say(
    '商家后台和两台手机与 Qun 之间的每一次调用，密钥已遮盖。',
    "Every call between the shop's back end, the two phones and Qun. Secrets are masked.",
  ),
  logEmpty: say('还没有调用', 'Nothing yet'),
  clear: say('清空', 'Clear'),
  host: say('商家后台', "Shop's back end"),
  appearance: say('语言和外观', 'Language and look'),
} as const
