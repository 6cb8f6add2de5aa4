/** What is waited for in a face comes when the machine gets round to it: a busy one is no failure of the face. */
import { configure } from '@testing-library/react'

configure({ asyncUtilTimeout: 10_000 })
