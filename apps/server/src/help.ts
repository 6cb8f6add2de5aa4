/** What `qun help` prints; the settings come from the table that reads them. */
import { settingsText } from '@qun/server'

export function helpText(): string {
  return `qun: group chat you embed

  qun start                         starts the server
  qun migrate                       applies what the database lacks of this release, beside running servers
  qun doctor                        checks settings, database, migrations and walls between apps; changes nothing
  qun doctor --check                proves what all rows promise (positions, unread, money …), beside a running server
  qun doctor --repair               mends counters of groups that disagree with their rows, beside a running server
  qun restored                      after files of the store were put back: every client starts over
  qun app create <id> [name]        makes an app and prints its signing key and an API key, once
  qun app list                      lists the apps
  qun key create <app> api [label]  makes an API key and prints it, once
  qun key create <app> signing      makes a second signing key and prints it, once
  qun key list <app>                lists its keys: made, last used, revoked; never what is secret
  qun key revoke <app> <key>        refuses an API key or a signing key from now on
  qun key retire <app> <kid>        the same of signing keys alone
  qun version                       prints the version

Settings, from the environment:
${settingsText()}`
}
