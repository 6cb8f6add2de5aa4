/** Draws a QR code as one SVG path, always dark on light, because cameras expect it so in dark mode as well. */
import { useEffect, useState } from 'react'

interface Code {
  readonly path: string
  readonly size: number
}
/** Light modules around the code, as the standard asks. */
const marginModules = 4

export function QrCode({ content, label }: { readonly content: string; readonly label: string }) {
  const [code, setCode] = useState<Code>()
  useEffect(() => {
    let wanted = true
    // Loaded when first needed: most members never make a link.
    void import('qrcode').then(({ create }) => {
      const { size, data } = create(content, { errorCorrectionLevel: 'M' }).modules
      const squares = Array.from(data, (dark, at) =>
        dark ? `M${(at % size) + marginModules} ${Math.floor(at / size) + marginModules}h1v1h-1z` : '',
      )
      if (wanted) setCode({ path: squares.join(''), size: size + 2 * marginModules })
    })
    return () => {
      wanted = false
    }
  }, [content])
  if (code === undefined) return <span className="qun-invite__qr" aria-busy="true" />
  return (
    <svg
      className="qun-invite__qr"
      viewBox={`0 0 ${code.size} ${code.size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width={code.size} height={code.size} fill="#fff" />
      <path d={code.path} fill="#000" />
    </svg>
  )
}
