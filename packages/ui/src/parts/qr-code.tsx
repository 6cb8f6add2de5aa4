/** A QR code in one SVG path; black on white in dark mode as well, since scanners expect it so. Knows no content. */
import { useEffect, useState } from 'react'

/** Light modules on each side, as the standard asks. */
const quiet = 4

export function QrCode({ content, label }: { readonly content: string; readonly label: string }) {
  const [drawn, setDrawn] = useState<{ readonly path: string; readonly side: number }>()
  useEffect(() => {
    let isWanted = true
    // Loaded with the first code that is shown.
    void import('qrcode').then(({ create }) => {
      const { data, size } = create(content, { errorCorrectionLevel: 'M' }).modules
      let path = ''
      data.forEach((isDark, i) => {
        if (isDark) path += `M${(i % size) + quiet},${Math.floor(i / size) + quiet}h1v1h-1z`
      })
      if (isWanted) setDrawn({ path, side: size + 2 * quiet })
    })
    return () => {
      isWanted = false
    }
  }, [content])
  if (drawn === undefined) return <span className="qun-qr" aria-busy="true" />
  const { path, side } = drawn
  return (
    <svg className="qun-qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <path d={`M0,0h${side}v${side}h-${side}z`} fill="var(--qun-code-paper)" />
      <path d={path} fill="var(--qun-code-ink)" />
    </svg>
  )
}
