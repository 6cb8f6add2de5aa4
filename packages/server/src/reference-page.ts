/** The reference page at /docs: every route, card, frame and error code, written from the contracts. */
import { clientFrames, closeCodes, serverFrames, type Card, type Endpoint, type TSchema } from '@qun/contract'
import type { DocumentsOptions } from './documents.ts'
import { socketPath } from './gateway.ts'
import { codesOf, commonCodes, refusalsOf, tagOf } from './openapi.ts'
import { referenceScript, referenceStyle } from './reference-style.ts'
import { schemaText } from './schema-text.ts'

type AnyEndpoint = Endpoint<any, any, any, any>

const byText: Readonly<Record<string, string>> = {
  open: '任何人 anybody',
  user: '登录用户 a user',
  member: '群成员 a member',
  admin: '管理员 an admin',
  owner: '群主 the owner',
  server: '宿主服务端 the host’s server',
  sender: '发送者 the sender',
}

export function referencePageOf(options: DocumentsOptions): string {
  const tags = [...new Set(options.routes.map(tagOf))].toSorted()
  const cards = [...options.registry.cards.values()].map((server) => server.card as Card)
  const links = (items: readonly (readonly [string, string])[]) =>
    `<ul>${items.map(([id, text]) => `<li data-find="${find(text)}"><a href="#${escapeHtml(id)}">${escapeHtml(text)}</a></li>`).join('')}</ul>`
  const navOf = (title: string, items: readonly (readonly [string, string])[]) => `<section data-part><h2>${title}</h2>${links(items)}</section>`
  const routesOf = (tag: string) => options.routes.filter((endpoint) => tagOf(endpoint) === tag)
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Qun 群 API</title><style>${referenceStyle}</style></head>
<body><div class="frame">
<nav aria-label="目录 Contents"><input type="search" placeholder="搜索 Search  ( / )" aria-label="搜索 Search">
${tags.map((tag) => navOf(escapeHtml(tag), routesOf(tag).map(({ name }) => [name, name] as const))).join('')}
${navOf('卡片 Cards', cards.map(({ kind }) => [`card-${kind}`, kind] as const))}
${navOf('长连接 Socket', [['client-frames', 'client'], ['server-frames', 'server'], ['close-codes', 'close codes']])}
${navOf('错误码 Errors', [['errors', 'all codes']])}
</nav>
<main>
${intro(options.version)}
<p class="none">没有匹配的内容。Nothing matches.</p>
${tags.map((tag) => `<section data-part><h2 class="part">${escapeHtml(tag)}</h2>${routesOf(tag).map(endpointHtml).join('')}</section>`).join('')}
<section data-part><h2 class="part">卡片 Cards</h2>${cards.map(cardHtml).join('')}</section>
${socketHtml()}
${recordsHtml(options)}
${errorsHtml(options)}
</main></div><script>${referenceScript}</script></body></html>`
}

function intro(version: string): string {
  return `<h1>Qun 群 API <small class="by">${escapeHtml(version)}</small></h1>
<div class="intro">
<div lang="zh-CN"><p>所有接口以 <code>/v1</code> 开头，收发 JSON。用户请求带宿主签发的令牌，宿主服务端带 API 密钥，都写在 <code>Authorization: Bearer</code> 中。</p>
<p>出错时返回 <code>application/problem+json</code>：<code>code</code> 不会改变含义，<code>retry</code> 说明能否重试，<code>title</code> 按 Accept-Language 给出中文或英文。</p>
<p>写请求可带 <code>Idempotency-Key</code>，重试不会重复执行。机器可读：<a href="/openapi.json">OpenAPI 3.1</a>、<a href="/asyncapi.json">AsyncAPI 3</a>。</p></div>
<div lang="en"><p>All routes begin with <code>/v1</code> and speak JSON. Users send a token their host minted, hosts an API key, both in <code>Authorization: Bearer</code>.</p>
<p>Errors are <code>application/problem+json</code>: <code>code</code> never changes its meaning, <code>retry</code> says whether trying again helps, <code>title</code> is in the language of Accept-Language.</p>
<p>Requests that change something may carry an <code>Idempotency-Key</code>: a retry never acts twice. For machines: <a href="/openapi.json">OpenAPI 3.1</a>, <a href="/asyncapi.json">AsyncAPI 3</a>.</p></div>
</div>`
}

function endpointHtml(endpoint: AnyEndpoint): string {
  const { name, method, path, by, doc, params, query, body, answer, status } = endpoint
  const own = codesOf(endpoint).filter((code) => !(commonCodes as readonly string[]).includes(code) && !code.startsWith('auth.'))
  const notes = [endpoint.commerce === true ? 'Idempotency-Key 必填 required' : '', status === undefined ? '' : `${status}`].filter((note) => note !== '')
  return `<article id="${escapeHtml(name)}" data-find="${find(`${name} ${method} ${path} ${doc} ${own.join(' ')}`)}">
<h3><span class="method">${method}</span><code>/v1${escapeHtml(path)}</code><span class="by">${escapeHtml([byText[by] ?? by, ...notes].join(' · '))}</span></h3>
<p>${escapeHtml(doc)}</p>
${schemaHtml('路径参数 Path', params)}${schemaHtml('查询参数 Query', query)}${schemaHtml('请求体 Body', body)}${schemaHtml('返回 Answer', answer)}
${codesHtml(own)}</article>`
}

function cardHtml(card: Card): string {
  const actions = Object.entries(card.actions).map(
    ([action, contract]) =>
      `<h4 id="card-${card.kind}-${action}">动作 Action <code>${escapeHtml(action)}</code> · ${escapeHtml(byText[contract.by] ?? contract.by)}${
        contract.commerce === true ? ' · Idempotency-Key 必填 required' : ''
      }</h4>${contract.doc === undefined ? '' : `<p>${escapeHtml(contract.doc)}</p>`}<pre>${escapeHtml(schemaText(contract.input))}</pre>${codesHtml(contract.errors)}`,
  )
  return `<article id="card-${card.kind}" data-find="${find(`${card.kind} ${card.doc} ${Object.keys(card.actions).join(' ')} ${Object.keys(card.refusals).join(' ')}`)}">
<h3><code>${escapeHtml(card.kind)}</code><span class="by">发送 post: ${escapeHtml(byText[card.post.by] ?? card.post.by)}</span></h3><p>${escapeHtml(card.doc)}</p>
${schemaHtml('内容 body', card.body)}${schemaHtml('状态 state', card.state)}${schemaHtml('我的部分 mine', card.mine)}${actions.join('')}
${Object.entries(card.facts).map(([fact, schema]) => `<h4>事实 Fact <code>${escapeHtml(fact)}</code></h4><pre>${escapeHtml(schemaText(schema))}</pre>`).join('')}</article>`
}

function socketHtml(): string {
  const frames = (id: string, title: string, all: Readonly<Record<string, TSchema>>) =>
    `<section data-part><h2 class="part" id="${id}">${title}</h2>${Object.entries(all)
      .map(
        ([op, schema]) =>
          `<article id="${id}-${op}" data-find="${find(`${op} socket frame ${title}`)}"><h3><code>${escapeHtml(op)}</code></h3><pre>${escapeHtml(schemaText(schema))}</pre></article>`,
      )
      .join('')}</section>`
  const codes = Object.entries(closeCodes).map(([name, code]) => `<tr data-find="${find(`${code} ${name} close`)}"><td>${code}</td><td>${escapeHtml(name)}</td></tr>`)
  return `${frames('client-frames', `长连接：客户端 Socket ${socketPath}: from the client`, clientFrames)}
${frames('server-frames', '长连接：服务端 Socket: from the server', serverFrames)}
<section data-part><h2 class="part" id="close-codes">关闭码 Close codes</h2><table>${codes.join('')}</table></section>`
}

function recordsHtml({ registry }: DocumentsOptions): string {
  const records = [...registry.records.values()]
  if (records.length === 0) return ''
  return `<section data-part><h2 class="part">记录 Records</h2>${records
    .map(
      ({ kind, stream, doc, body }) =>
        `<article id="record-${kind}" data-find="${find(`${kind} ${doc} record`)}"><h3><code>${escapeHtml(kind)}</code><span class="by">${stream}</span></h3><p>${escapeHtml(doc)}</p><pre>${escapeHtml(schemaText(body))}</pre></article>`,
    )
    .join('')}</section>`
}

function errorsHtml(options: DocumentsOptions): string {
  const rows = [...refusalsOf(options)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, { status, retry, title }]) =>
        `<tr id="${escapeHtml(code)}" data-find="${find(`${code} ${status} ${title['zh-CN']} ${title.en}`)}"><td><code>${escapeHtml(code)}</code></td><td>${status}</td><td>${retry}</td><td>${escapeHtml(title['zh-CN'])}</td><td>${escapeHtml(title.en)}</td></tr>`,
    )
  return `<section data-part><h2 class="part" id="errors">错误码 Errors</h2><table><thead><tr><th>code</th><th>status</th><th>retry</th><th>中文</th><th>English</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`
}

function schemaHtml(title: string, schema: TSchema | undefined): string {
  return schema === undefined ? '' : `<h4>${title}</h4><pre>${escapeHtml(schemaText(schema))}</pre>`
}

function codesHtml(codes: readonly string[]): string {
  if (codes.length === 0) return ''
  return `<p class="codes by">${codes.map((code) => `<a href="#${escapeHtml(code)}"><code>${escapeHtml(code)}</code></a>`).join(' · ')}</p>`
}

function find(text: string): string {
  return escapeHtml(text.toLowerCase())
}
function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
