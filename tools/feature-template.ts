/** The files of a feature that has just begun: a card its members join once. It knows the form, not the place. */

export interface FeatureNames {
  /** Where it lives: `plays`. */
  readonly domain: string
  /** The folder and kind: `group-buy`. */
  readonly name: string
  /** The card's name in code: `groupBuy`. */
  readonly card: string
  /** The prefix of tables and refusals: `group_buy`. */
  readonly table: string
  /** The name of its components: `GroupBuy`. */
  readonly face: string
  /** What people read until somebody writes better: `Group buy`. */
  readonly title: string
  /** The prefix of its rule ids: `GB`. */
  readonly ids: string
}

/** The texts of all files, by their path within the feature's folder. */
export function featureFiles(names: FeatureNames): Record<string, string> {
  return {
    'README.md': readme(names),
    'contract.ts': contract(names),
    'rules.ts': rules(names),
    'store.ts': store(names),
    'server.ts': server(names),
    'scene.ts': scene(names),
    'ui/index.tsx': faces(names),
    'rules.test.ts': rulesTest(names),
    [`${names.name}.test.ts`]: featureTest(names),
    'ui/card.test.tsx': facesTest(names),
  }
}

const readme = ({ title, ids }: FeatureNames) => `# ${title}

Say here in ten lines what it is for, for whom, and what it is called in Chinese.

- ${ids}1 A member joins at most once.
- ${ids}2 The count on the card is the number of members who joined.
`

const contract = ({
  name,
  card,
  table,
  title,
}: FeatureNames) => `/** ${title}: a card its members join once. Shapes on the wire only. */
import { closed, defineCard, MillisSchema, refusal, SeqSchema, Type, UserIdSchema } from '@qun/contract'

export const ${card} = defineCard({
  kind: '${name}',
  doc: 'A card its members join once.',
  post: { by: 'member' },
  gives: 'nothing',
  body: closed({ title: Type.String({ minLength: 1, maxLength: 60 }) }),
  state: closed({ count: Type.Integer({ minimum: 0 }) }),
  initial: { count: 0 },
  mine: closed({ at: MillisSchema }),
  actions: {
    join: { by: 'member', doc: 'Joins the actor, once.', input: closed({}), errors: ['${table}.joined'] },
  },
  facts: { '${name}.joined': closed({ seq: SeqSchema, userId: UserIdSchema }) },
  refusals: { '${table}.joined': refusal(409, 'never', '你已参与', 'You have joined already') },
  summary: (body) => ({ 'zh-CN': \`[${title}] \${body.title}\`, en: \`[${title}] \${body.title}\` }),
})
`

const rules = ({
  title,
  ids,
}: FeatureNames) => `/** What a ${title.toLowerCase()} decides, pure: no clock, no storage, no chance. */

/** [${ids}2] The count after one more member joined. */
export function countAfter(count: number): number {
  return count + 1
}
`

const store = ({
  table,
  ids,
}: FeatureNames) => `/** Who joined which card. Every function takes the transaction first. */
import type { AppId, GroupId, Millis, UserId } from '@qun/contract'
import { rls, type Migration, type Tx } from '@qun/storage'

export const migrations: readonly Migration[] = [
  {
    id: '${table.replaceAll('_', '-')}-001',
    up: [
      \`CREATE TABLE ${table}_members (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, user_id text NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, seq, user_id))\`,
      rls('${table}_members'),
    ],
  },
]

/** A type, not an interface: Kysely's withTables needs an index signature. */
type Tables = {
  ${table}_members: { app_id: string; group_id: string; seq: number; user_id: string; at: number }
}

interface Place {
  readonly tx: Tx
  readonly appId: AppId
  readonly groupId: GroupId
  readonly seq: number
}

/** [${ids}1] The primary key decides. False if the member had joined before. */
export async function addMember({ tx, appId, groupId, seq }: Place, userId: UserId, at: Millis): Promise<boolean> {
  const row = await tx
    .withTables<Tables>()
    .insertInto('${table}_members')
    .values({ app_id: appId, group_id: groupId, seq, user_id: userId, at })
    .onConflict((conflict) => conflict.doNothing())
    .returning('user_id')
    .executeTakeFirst()
  return row !== undefined
}
`

const server = ({
  name,
  card,
  table,
  title,
}: FeatureNames) => `/** Serves ${title.toLowerCase()} cards: glue between the contract, the rules and the store. */
import { defineFeature, serveCard } from '@qun/core'
import { ${card} } from './contract.ts'
import { countAfter } from './rules.ts'
import { addMember, migrations } from './store.ts'

const cardServer = serveCard(${card}, {
  actions: {
    async join(call) {
      if (!(await addMember(call, call.actorId, call.now))) call.fail('${table}.joined')
      call.setState({ count: countAfter(call.state.count) })
      call.setMine(call.actorId, { at: call.now })
      call.record('${name}.joined', { seq: call.seq, userId: call.actorId })
    },
  },
})

export default defineFeature({ name: '${name}', migrations, cards: [cardServer] })
`

const scene = ({
  name,
  table,
  title,
}: FeatureNames) => `/** Calls of ${title.toLowerCase()}, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

export const scenes: Readonly<Record<string, Scene>> = {
  async ${table}(stage) {
    const at = await stage.post('li', '${name}', { title: '周六' })
    return [{ name: '${name}.join', who: 'zhao', at }]
  },
}
`

const faces = ({
  card,
  face,
  title,
}: FeatureNames) => `/** The faces of a ${title.toLowerCase()}: the card in the conversation. */
import { ActionButton, CardFrame, defineCardUI, useText, type CardFaceProps } from '@qun/ui'
import { ${card} } from '../contract.ts'

const texts = {
  kind: { 'zh-CN': '${title}', en: '${title}' },
  join: { 'zh-CN': '参与', en: 'Join' },
  joined: { 'zh-CN': '已参与', en: 'Joined' },
}
const countText = (count: number) => ({ 'zh-CN': \`\${count} 人已参与\`, en: \`\${count} joined\` })

export function ${face}Card({ body, state, mine, act }: CardFaceProps<typeof ${card}>) {
  const text = useText()
  const action =
    mine === undefined ? (
      <ActionButton wide onClick={() => act('join', {})}>
        {text(texts.join)}
      </ActionButton>
    ) : (
      <span>{text(texts.joined)}</span>
    )
  return (
    <CardFrame
      kind={text(texts.kind)}
      title={body.title}
      tone={mine === undefined ? 'open' : 'mine'}
      foot={<span>{text(countText(state.count))}</span>}
      action={action}
    />
  )
}

export default [defineCardUI(${card}, { Card: ${face}Card, label: texts.kind })]
`

const rulesTest = ({ title, ids }: FeatureNames) => `/** Properties of the rules of a ${title.toLowerCase()}. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countAfter } from './rules.ts'

test('[${ids}2] each member counts once', () => {
  fc.assert(
    fc.property(fc.array(fc.constant('member'), { maxLength: 300 }), (members) => {
      expect(members.reduce(countAfter, 0)).toBe(members.length)
    }),
  )
})
`

const featureTest = ({
  card,
  name,
  table,
  title,
  ids,
}: FeatureNames) => `/** How a ${title.toLowerCase()} behaves, through a whole world. */
import { refusalOf, startWorld } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import membership from '@qun/features/people/membership/server'
import message from '@qun/features/words/message/server'
import { ${card} } from './contract.ts'
import feature from './server.ts'

describe('${name}', () => {
  test('[${ids}1] [${ids}2] a member joins once, however often they ask', async () => {
    await using world = await startWorld({ features: [message, membership, feature] })
    const card = await world.as('wang').post(world.groupId, ${card}, { title: 'First' })
    const join = () => refusalOf(world.as('li').act(card, ${card}, 'join', {}))
    const results = await Promise.all([join(), join(), join()])
    expect(results.filter((code) => code === null).length).toBe(1)
    expect(results.filter((code) => code === '${table}.joined').length).toBe(2)
    expect(await world.read(card, ${card})).toEqual({ count: 1 })
    expect(await world.as('li').mine(card)).toEqual({ at: world.time.now() })
  })
})
`

const facesTest = ({
  name,
  title,
  ids,
}: FeatureNames) => `/** The faces of a ${title.toLowerCase()} are registered for its kind. */
import { expect, test } from 'vitest'
import faces from './index.tsx'

test('[${ids}1] the card has a face and a name in both languages', () => {
  expect(faces.map((face) => face.card.kind)).toEqual(['${name}'])
  expect(Object.keys(faces[0]?.label ?? {})).toEqual(['zh-CN', 'en'])
})
`
