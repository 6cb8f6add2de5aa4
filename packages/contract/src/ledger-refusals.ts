/** Refusals of the ledger; a card or endpoint that moves value declares them among its own. */
import { refusal } from './refusal.ts'

export const ledgerRefusals = {
  'ledger.insufficient_funds': refusal(409, 'after-change', '余额不足', 'The balance does not suffice'),
  'ledger.account_frozen': refusal(409, 'later', '账户已冻结', 'The account is frozen'),
  'ledger.account_not_found': refusal(404, 'never', '账户不存在', 'There is no such account'),
  'ledger.same_account': refusal(422, 'after-change', '不能转给同一账户', 'It would move within one account'),
  'ledger.currency_mismatch': refusal(422, 'after-change', '币种不一致', 'The currencies differ'),
  'ledger.currency_unknown': refusal(422, 'after-change', '未知币种', 'The currency is unknown'),
  'ledger.amount_limit': refusal(409, 'after-change', '金额超出上限', 'The amount is beyond what can be counted'),
  'ledger.already_reversed': refusal(409, 'never', '已冲正', 'It was reversed already'),
  'ledger.not_reversible': refusal(409, 'never', '不可冲正', 'It cannot be reversed'),
  'ledger.balance_nonzero': refusal(409, 'after-change', '账户仍有余额', 'The account still has a balance'),
  'ledger.provider_mismatch': refusal(409, 'never', '与支付渠道记录不符', 'It differs from the provider’s record'),
  'budget.exhausted': refusal(409, 'later', '预算已用完', 'The budget is used up'),
} as const
/** Of whoever takes a payment provider's call-backs. */
export const paymentRefusals = {
  'event.signature_invalid': refusal(401, 'never', '签名无效', 'The signature is invalid'),
} as const
