/** Calls of membership, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

export const scenes: Readonly<Record<string, Scene>> = {
  async membership(stage) {
    const { groupId } = stage
    const of = (userId: string) => ({ groupId, userId })
    const [newcomer, banned] = [`new${stage.n}`, `banned${stage.n}`]
    for (const userId of [newcomer, banned])
      await stage.call('users.put', 'host', { params: { userId }, body: { name: userId } })
    await stage.call('members.remove', 'wang', { params: of(banned), body: { ban: true } })
    await stage.call('members.mute', 'he', { params: of('sun'), body: { durationMs: 60_000 } })
    const merchantId = `makes-${stage.n}`
    await stage.call('merchants.put', 'host', { params: { merchantId }, body: { name: '山茶' } })
    const work = { post: '店长', abilities: ['manage'] }
    await stage.call('merchantStaff.put', 'host', { params: { merchantId, userId: 'wang' }, body: work })
    return [
      { name: 'groups.create', who: 'wang', body: { name: '新开的群', memberIds: ['li'] } },
      { name: 'groups.createForMerchant', who: 'wang', params: { merchantId }, body: { name: '门店群' } },
      {
        name: 'groupPolicies.put',
        who: 'host',
        params: { kind: 'merchant' },
        body: { merchantId, policy: { followers: 0, perPerson: 9 } },
      },
      { name: 'groupPolicies.putPerson', who: 'host', params: { userId: 'li' }, body: { followers: 9 } },
      { name: 'groupPolicies.putMerchant', who: 'host', params: { merchantId }, body: { storeScore: 440 } },
      {
        name: 'groups.createForHost',
        who: 'host',
        body: { name: '新开的群', ownerId: 'he', memberIds: ['wang', 'sun'] },
      },
      { name: 'groups.change', who: 'he', params: stage.inGroup, body: { name: '改了名的群' } },
      { name: 'groups.disband', who: 'wang', params: stage.inGroup },
      { name: 'members.add', who: 'he', params: stage.inGroup, body: { userIds: [newcomer] } },
      { name: 'members.leave', who: 'zhao', params: stage.inGroup },
      { name: 'members.remove', who: 'wang', params: of('zhao'), body: { ban: true } },
      { name: 'members.remove', who: 'he', params: of('li') },
      { name: 'members.unban', who: 'wang', params: of(banned) },
      { name: 'members.setRole', who: 'wang', params: of('li'), body: { role: 'admin' } },
      { name: 'members.setRole', who: 'wang', params: of('he'), body: { role: 'member' } },
      { name: 'groups.transfer', who: 'wang', params: stage.inGroup, body: { userId: 'he' } },
      { name: 'members.setNickname', who: 'li', params: stage.inGroup, body: { nickname: '小李子' } },
      { name: 'members.mute', who: 'he', params: of('zhao'), body: { durationMs: 60_000 } },
      { name: 'members.unmute', who: 'he', params: of('sun') },
    ]
  },
}
