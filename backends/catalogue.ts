/** A product of the sample catalogue, with its first stock. */
export interface SampleProduct {
  /** UUIDv7, the same in every shop. */
  id: string
  sku: string
  name: string
  description: string
  category: string
  /** In US cents. */
  priceMinor: bigint
  /** A second apart, in the order of the list: the first product of the list is the first of the catalogue. */
  createdAt: Date
  stock: number
  reorderThreshold: number
}

type Row = [category: string, code: string, name: string, description: string, priceMinor: number, stock: number]

// The first is in plenty, so that the walk through the shop can be repeated as often as anybody likes.
const rows: Row[] = [
  ['electronics', 'KEYB', 'Mechanical keyboard', 'Hot-swappable switches, 75 % layout', 8990, 1_000_000],
  ['electronics', 'MOUS', 'Wireless mouse', 'Silent buttons, two weeks on a charge', 3490, 2400],
  ['electronics', 'HEAD', 'Noise-cancelling headphones', 'Over-ear, 40 hours of music', 19_900, 800],
  ['electronics', 'MONI', '27-inch monitor', '2560 x 1440, adjustable in height', 32_900, 150],
  ['electronics', 'CABL', 'USB-C cable', 'Two metres, 100 W', 1290, 9000],
  ['electronics', 'CHRG', '65 W charger', 'Three ports', 4490, 1800],
  ['electronics', 'SPKR', 'Portable speaker', 'Waterproof, 12 hours', 7990, 600],
  ['electronics', 'WCAM', 'Webcam', '1080p with a shutter', 5990, 420],
  ['electronics', 'EBRD', 'E-book reader', 'Six-inch paper-like display', 12_900, 260],
  ['electronics', 'LAMP', 'Desk lamp', 'Dimmable, warm to cold', 3990, 700],
  ['clothing', 'TSHB', 'Black T-shirt', 'Organic cotton', 1990, 3000],
  ['clothing', 'TSHW', 'White T-shirt', 'Organic cotton', 1990, 3000],
  ['clothing', 'HOOD', 'Hoodie', 'Brushed inside', 4990, 900],
  ['clothing', 'JEAN', 'Jeans', 'Straight cut', 6990, 650],
  ['clothing', 'SOCK', 'Wool socks', 'Three pairs', 1590, 4000],
  ['clothing', 'BEAN', 'Beanie', 'Merino wool', 2490, 1200],
  ['clothing', 'RAIN', 'Rain jacket', 'Taped seams', 12_900, 240],
  ['clothing', 'SNKR', 'Sneakers', 'Recycled sole', 8990, 380],
  ['clothing', 'BELT', 'Leather belt', 'Vegetable tanned', 3490, 560],
  ['clothing', 'SCRF', 'Scarf', 'Lambswool', 3990, 320],
  ['food', 'COFF', 'Coffee beans', 'One kilogram, medium roast', 1890, 2200],
  ['food', 'TEAG', 'Green tea', 'One hundred grams, loose', 990, 2600],
  ['food', 'CHOC', 'Dark chocolate', '85 % cocoa', 390, 8000],
  ['food', 'OLIV', 'Olive oil', 'Half a litre, cold pressed', 1290, 1500],
  ['food', 'HONY', 'Forest honey', 'Half a kilogram', 890, 1100],
  ['food', 'PAST', 'Spaghetti', 'Bronze drawn, half a kilogram', 290, 7000],
  ['food', 'RICE', 'Basmati rice', 'One kilogram', 490, 5200],
  ['food', 'ALMD', 'Almonds', 'Half a kilogram, unsalted', 990, 1700],
  ['food', 'SALT', 'Sea salt', 'Coarse, a quarter of a kilogram', 350, 2900],
  ['food', 'SAFF', 'Saffron', 'One gram, hand picked', 1490, 40],
  ['books', 'PROT', 'The protocol book', 'How machines agree', 3990, 120],
  ['books', 'GATE', 'Gates and sluices', 'Hydraulics for the curious', 2990, 12]
]

const firstCreatedAt = Date.UTC(2026, 0, 1)

/** What a shop sells before anybody has stocked it: for development, demonstrations and tests. */
export const catalogue: readonly SampleProduct[] = rows.map(
  ([category, code, name, description, priceMinor, stock], index) => {
    const createdAt = new Date(firstCreatedAt + index * 1000)
    return {
      id: sampleId(createdAt, index),
      sku: `${category.slice(0, 3).toUpperCase()}-${code}`,
      name,
      description,
      category,
      priceMinor: BigInt(priceMinor),
      createdAt,
      stock,
      reorderThreshold: 20
    }
  }
)

/** The layout of RFC 9562, section 5.7, with a number where the random bits would be. */
function sampleId(createdAt: Date, index: number): string {
  const time = createdAt.getTime().toString(16).padStart(12, '0')
  const number = index.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${number}`
}
