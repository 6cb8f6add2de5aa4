/** The SDK's own copies of contract values are equal to the contract's. */
import { closeCodes as contractCodes, engineEndpoints } from '@qun/contract'
import { expect, test } from 'vitest'
import { closeCodes, routes } from './routes.ts'

test.each(Object.entries(routes))('the route %s is the engine’s', (name, route) => {
  const { method, path } = engineEndpoints[name as keyof typeof routes]
  expect(route).toEqual({ method, path })
})

test('close codes are the contract’s', () => {
  expect(contractCodes).toMatchObject(closeCodes)
})
