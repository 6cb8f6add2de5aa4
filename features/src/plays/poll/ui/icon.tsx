/** The sign of a poll: three bars, drawn for the product. */
import { icon } from '@qun/ui'

export const PollIcon = icon('Poll', <path d="M5 6.5h12M5 12h8M5 17.5h14" strokeWidth="2.2" />)
