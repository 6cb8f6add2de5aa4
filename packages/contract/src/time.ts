/** Instants and durations: epoch milliseconds UTC, always integers. */
import { Type } from 'typebox'

export type Millis = number
export const MillisSchema = Type.Integer({
  minimum: 0,
  maximum: 8_640_000_000_000_000,
  description: 'Epoch milliseconds, UTC.',
})
export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
