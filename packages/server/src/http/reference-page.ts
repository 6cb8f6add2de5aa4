/** The reference page at /docs: every route, card, frame and error code, written from the contracts. */
import { clientFrames, closeCodes, serverFrames, type Card, type Endpoint, type TSchema } from '@qun/contract'
import type { DocumentsOptions } from './openapi.ts'
import { socketPath } from '../ground/paths.ts'
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

/** An entry of the page that the search box can hide: `words` is what it is found by. */
function entry(id: string, words: string, html: string): string {
  return `<article id="${escapeHtml(id)}" data-find="${find(words)}">${html}</article>`
}
/** A part of the page, hidden when none of its entries is left. */
function part(title: string, html: string, id?: string): string {
  const anchor = id === undefined ? '' : ` id="${id}"`
  return `<section data-part><h2 class="part"${anchor}>${title}</h2>${html}</section>`
}
function pre(schema: TSchema): string {
  return `<pre>${escapeHtml(schemaText(schema))}</pre>`
}
function callerText(by: string): string {
  return escapeHtml(byText[by] ?? by)
}

export function referencePageOf(options: DocumentsOptions): string {
  const tags = [...new Set(options.routes.map(tagOf))].toSorted()
  const routesOf = (tag: string) => options.routes.filter((endpoint) => tagOf(endpoint) === tag)
  const cards = [...options.registry.cards.values()].map((server) => server.card as Card)
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Qun 群 API</title><style>${referenceStyle}</style></head>
<body><div class="frame">
<nav aria-label="目录 Contents">
<input type="search" placeholder="搜索 Search  ( / )" aria-label="搜索 Search">
${tags
  .map((tag) =>
    navPart(
      escapeHtml(tag),
      routesOf(tag).map(({ name }) => [name, name] as const),
    ),
  )
  .join('')}
${navPart(
  '卡片 Cards',
  cards.map(({ kind }) => [`card-${kind}`, kind] as const),
)}
${navPart('长连接 Socket', socketLinks)}
${navPart('错误码 Errors', [['errors', 'all codes']])}
</nav>
<main>
${intro(options.version)}
<p class="none">没有匹配的内容。Nothing matches.</p>
${tags.map((tag) => part(escapeHtml(tag), routesOf(tag).map(endpointHtml).join(''))).join('')}
${part('卡片 Cards', cards.map(cardHtml).join(''))}
${socketHtml()}
${recordsHtml(options)}
${errorsHtml(options)}
</main></div><script>${referenceScript}</script></body></html>`
}

type Link = readonly [id: string, text: string]
const socketLinks: readonly Link[] = [
  ['client-frames', 'client'],
  ['server-frames', 'server'],
  ['close-codes', 'close codes'],
]

function navPart(title: string, links: readonly Link[]): string {
  const items = links.map(
    ([id, text]) => `<li data-find="${find(text)}"><a href="#${escapeHtml(id)}">${escapeHtml(text)}</a></li>`,
  )
  return `<section data-part><h2>${title}</h2><ul>${items.join('')}</ul></section>`
}

function intro(version: string): string {
  return `<h1>Qun 群 API <small class="by">${escapeHtml(version)}</small></h1>
<div class="intro">
<div lang="zh-CN">
<p>所有接口以 <code>/v1</code> 开头，收发 JSON。用户请求带宿主签发的令牌，宿主服务端带 API 密钥，
都写在 <code>Authorization: Bearer</code> 中。</p>
<p>出错时返回 <code>application/problem+json</code>：<code>code</code> 不会改变含义，<code>retry</code> 说明能否重试，
<code>title</code> 按 Accept-Language 给出中文或英文。</p>
<p>宿主服务端可用 <code>Qun-Act-As: 用户ID</code> 代表用户调用。写请求可带 <code>Idempotency-Key</code>，重试不会重复执行。机器可读：
<a href="/openapi.json">OpenAPI 3.1</a>、<a href="/asyncapi.json">AsyncAPI 3</a>。</p></div>
<div lang="en">
<p>All routes begin with <code>/v1</code> and speak JSON. Users send a token their host minted, hosts an API key,
both in <code>Authorization: Bearer</code>.</p>
<p>Errors are <code>application/problem+json</code>: <code>code</code> never changes its meaning, <code>retry</code> says
whether trying again helps, <code>title</code> is in the language of Accept-Language.</p>
<p>A host may act for a user with <code>Qun-Act-As: &lt;user id&gt;</code>. Requests that change something may carry an
<code>Idempotency-Key</code>: a retry never acts twice. For machines:
<a href="/openapi.json">OpenAPI 3.1</a>, <a href="/asyncapi.json">AsyncAPI 3</a>.</p></div>
</div>`
}

const keyRequired = 'Idempotency-Key 必填 required'

function endpointHtml(endpoint: AnyEndpoint): string {
  const { name, method, path, by, doc, params, query, body, answer, status } = endpoint
  const own = codesOf(endpoint).filter(
    (code) => !(commonCodes as readonly string[]).includes(code) && !code.startsWith('auth.'),
  )
  const notes = [callerText(by), endpoint.commerce === true ? keyRequired : '', status === undefined ? '' : `${status}`]
  const head = `<span class="method">${method}</span><code>/v1${escapeHtml(path)}</code>`
  return entry(
    name,
    `${name} ${method} ${path} ${doc} ${own.join(' ')}`,
    `<h3>${head}<span class="by">${notes.filter((note) => note !== '').join(' · ')}</span></h3><p>${prose(doc)}</p>
${schemaHtml('路径参数 Path', params)}${schemaHtml('查询参数 Query', query)}
${schemaHtml('请求体 Body', body)}${schemaHtml('返回 Answer', answer)}${codesHtml(own)}`,
  )
}

function cardHtml(card: Card): string {
  const { kind, doc, actions, facts, refusals } = card
  const actionHtml = Object.entries(actions).map(([action, contract]) => {
    const notes = [callerText(contract.by), contract.commerce === true ? keyRequired : ''].filter((note) => note !== '')
    const about = contract.doc === undefined ? '' : `<p>${prose(contract.doc)}</p>`
    const head = `<h4 id="card-${kind}-${action}">动作 Action <code>${escapeHtml(action)}</code> · ${notes.join(' · ')}</h4>`
    return `${head}${about}${pre(contract.input)}${codesHtml(contract.errors)}`
  })
  const factHtml = Object.entries(facts).map(
    ([fact, schema]) => `<h4>事实 Fact <code>${escapeHtml(fact)}</code></h4>${pre(schema)}`,
  )
  return entry(
    `card-${kind}`,
    `${kind} ${doc} ${Object.keys(actions).join(' ')} ${Object.keys(refusals).join(' ')}`,
    `<h3><code>${escapeHtml(kind)}</code><span class="by">发送 post: ${callerText(card.post.by)}</span></h3>
<p>${prose(doc)}</p>${schemaHtml('内容 body', card.body)}${schemaHtml('状态 state', card.state)}
${schemaHtml('我的部分 mine', card.mine)}${actionHtml.join('')}${factHtml.join('')}`,
  )
}

function socketHtml(): string {
  const frames = (id: string, title: string, all: Readonly<Record<string, TSchema>>) => {
    const entries = Object.entries(all).map(([op, schema]) =>
      entry(`${id}-${op}`, `${op} socket frame ${title}`, `<h3><code>${escapeHtml(op)}</code></h3>${pre(schema)}`),
    )
    return part(title, entries.join(''), id)
  }
  const codes = Object.entries(closeCodes).map(
    ([name, code]) =>
      `<tr data-find="${find(`${code} ${name} close`)}"><td>${code}</td><td>${escapeHtml(name)}</td></tr>`,
  )
  return [
    frames('client-frames', `长连接：客户端 Socket ${socketPath}: from the client`, clientFrames),
    frames('server-frames', '长连接：服务端 Socket: from the server', serverFrames),
    part('关闭码 Close codes', `<table>${codes.join('')}</table>`, 'close-codes'),
  ].join('')
}

function recordsHtml({ registry }: DocumentsOptions): string {
  const records = [...registry.records.values()]
  if (records.length === 0) return ''
  const entries = records.map(({ kind, stream, doc, body }) => {
    const head = `<h3><code>${escapeHtml(kind)}</code><span class="by">${stream}</span></h3>`
    return entry(`record-${kind}`, `${kind} ${doc} record`, `${head}<p>${prose(doc)}</p>${pre(body)}`)
  })
  return part('记录 Records', entries.join(''))
}

function errorsHtml(options: DocumentsOptions): string {
  const rows = [...refusalsOf(options)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { status, retry, title }]) => {
      const cells = [
        `<code>${escapeHtml(code)}</code>`,
        String(status),
        retry,
        escapeHtml(title['zh-CN']),
        escapeHtml(title.en),
      ]
      const words = find(`${code} ${status} ${title['zh-CN']} ${title.en}`)
      return `<tr id="${escapeHtml(code)}" data-find="${words}">${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
    })
  const head = ['code', 'status', 'retry', '中文', 'English'].map((title) => `<th>${title}</th>`).join('')
  return part(
    '错误码 Errors',
    `<table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`,
    'errors',
  )
}

function schemaHtml(title: string, schema: TSchema | undefined): string {
  return schema === undefined ? '' : `<h4>${title}</h4>${pre(schema)}`
}

function codesHtml(codes: readonly string[]): string {
  if (codes.length === 0) return ''
  const links = codes.map((code) => `<a href="#${escapeHtml(code)}"><code>${escapeHtml(code)}</code></a>`)
  return `<p class="codes by">${links.join(' · ')}</p>`
}

/** Prose of a contract: words between backticks are code. */
function prose(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}
function find(text: string): string {
  return escapeHtml(text.toLowerCase())
}
function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
