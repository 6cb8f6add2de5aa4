/** Who is signed in, and their groups at a glance. */
import { GroupAvatar, useConversations } from '@qun/ui'
import type { Lang, Person } from '../story.ts'
import { words } from './words.ts'

export function MePage({ person, lang }: { readonly person: Person | undefined; readonly lang: Lang }) {
  const conversations = useConversations()
  if (person === undefined) return null
  return (
    <div className="scroll">
      <header className="mehead">
        <img src={`/art/people/${person.key}.svg`} alt="" width={72} height={72} />
        <div>
          <p className="mehead__as">{words.signedInAs[lang]}</p>
          <h1>{person.name[lang]}</h1>
          <p className="mehead__about">{person.about[lang]}</p>
        </div>
      </header>
      <a className="merow" href="#/orders">
        {words.orders[lang]}
      </a>
      {conversations.length > 0 && (
        <section className="megroups" aria-labelledby="me-groups">
          <h2 id="me-groups">{words.ownGroups[lang]}</h2>
          <ul>
            {conversations.map((one) => (
              <li key={one.groupId}>
                <a className="megroup" href={`#/messages/${one.groupId}`}>
                  <GroupAvatar name={one.name} avatar={one.avatar} faces={one.faces} sizePx={52} />
                  <span>{one.name}</span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}
