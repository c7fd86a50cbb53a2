/**
 * A drawing as a file of its own. All that style sheets say is written to the elements themselves, so that it looks the same
 * in every program, and nothing is needed besides.
 */

const LINES = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linecap', 'stroke-linejoin']
const WORDS = ['fill', 'font-family', 'font-size', 'font-weight', 'text-anchor']
const UNSAID: Record<string, string> = { stroke: 'none', 'stroke-width': '1px', 'stroke-dasharray': 'none', 'stroke-linecap': 'butt', 'stroke-linejoin': 'miter', 'font-weight': '400', 'text-anchor': 'start' }
const NOT_KEPT = ['class', 'tabindex', 'role', 'aria-label', 'aria-describedby', 'aria-pressed', 'aria-hidden', 'data-place', 'style']
/** Pixels of a picture for each of the drawing's: sharp on paper too. */
const SHARPNESS = 2
/** What browsers draw at most: pixels along one side. */
const SIDE_MAX = 8_192
const MARGIN = 12

/** The drawing as an SVG file's text; `width` and `height` are the drawing's own. */
export function svgText(svg: SVGSVGElement, width: number, height: number, title: string): string {
  const copy = svg.cloneNode(true) as SVGSVGElement
  dress(svg, copy)
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('viewBox', `${-MARGIN} ${-MARGIN} ${width + 2 * MARGIN} ${height + 2 * MARGIN}`)
  copy.setAttribute('width', String(width + 2 * MARGIN))
  copy.setAttribute('height', String(height + 2 * MARGIN))
  const ground = copy.ownerDocument.createElementNS('http://www.w3.org/2000/svg', 'rect')
  for (const [name, value] of Object.entries({ x: -MARGIN, y: -MARGIN, width: width + 2 * MARGIN, height: height + 2 * MARGIN })) ground.setAttribute(name, String(value))
  ground.setAttribute('fill', colourBehind(svg))
  copy.prepend(ground)
  const name = copy.ownerDocument.createElementNS('http://www.w3.org/2000/svg', 'title')
  name.textContent = title
  copy.prepend(name)
  return new XMLSerializer().serializeToString(copy)
}

/** A picture of an SVG file's text; rejects when the browser cannot draw it. */
export async function pngOf(text: string, width: number, height: number): Promise<Blob> {
  const picture = new Image()
  // A data: address, because the pages' rules allow pictures of no other.
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`
  await picture.decode()
  const sharpness = Math.min(SHARPNESS, SIDE_MAX / (width + 2 * MARGIN), SIDE_MAX / (height + 2 * MARGIN))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round((width + 2 * MARGIN) * sharpness)
  canvas.height = Math.round((height + 2 * MARGIN) * sharpness)
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error('The picture is empty.')) : resolve(blob)), 'image/png')
  })
}

/** Hands a file to whoever looks at the page. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // The browser has taken it by the next task.
  setTimeout(() => URL.revokeObjectURL(link.href))
}

/** A name that every file system takes: `order.svg`. */
export function fileName(name: string, ending: string): string {
  const plain = name.replace(/[^\p{L}\p{N}_-]+/gu, '-').replace(/^-+|-+$/g, '')
  return `${plain === '' ? 'graph' : plain}.${ending}`
}

function dress(from: Element, to: Element): void {
  const written = from.tagName === 'text' ? WORDS : from instanceof SVGGeometryElement ? LINES : []
  const style = getComputedStyle(from)
  for (const name of written) {
    const value = style.getPropertyValue(name)
    // What is so by itself need not be said.
    if (value !== UNSAID[name]) to.setAttribute(name, value)
  }
  for (const name of [...to.getAttributeNames()]) if (NOT_KEPT.includes(name) || name.startsWith('data-v-')) to.removeAttribute(name)
  for (const node of [...to.childNodes]) if (node.nodeType === Node.COMMENT_NODE) node.remove()
  const copies = [...to.children]
  for (const [place, child] of [...from.children].entries()) {
    const copy = copies[place]
    if (copy !== undefined) dress(child, copy)
  }
}

function colourBehind(element: Element): string {
  for (let behind: Element | null = element; behind !== null; behind = behind.parentElement) {
    const colour = getComputedStyle(behind).backgroundColor
    if (colour !== 'rgba(0, 0, 0, 0)' && colour !== 'transparent') return colour
  }
  return 'white'
}
