-- Folds letters outside ASCII, so that a room has one key however its name is written.
-- Rendered by the deployment program from haproxy/room; edit it there.

-- All numbers are hexadecimal code points, but for the last two of a run.

-- Runs of letters, step apart: first, last, step, and how much further on each one's folded letter is.
local runs = [[
{{runs}}]]

-- Letters that follow each other: the first, and what each is folded to.
local lists = [[
{{lists}}]]

-- Letters that are dropped: marks, and what is in no version of Unicode yet.
local spans = [[
{{spans}}]]

-- What is folded to what, in UTF-8. Letters that are not here are for the function below.
local folded = {}

for first, last, step, delta in runs:gmatch("(%x+)-(%x+) (%d) (%-?%d+)") do
  for letter = tonumber(first, 16), tonumber(last, 16), tonumber(step) do
    folded[utf8.char(letter)] = utf8.char(letter + tonumber(delta))
  end
end

for first, line in lists:gmatch("(%x+): ([^\n]+)") do
  local letter = tonumber(first, 16)
  for letters in line:gmatch("%S+") do
    folded[utf8.char(letter)] = letters:gsub("(%x+)%+?", function(digits)
      return utf8.char(tonumber(digits, 16))
    end)
    letter = letter + 1
  end
end

local firsts, lasts = {}, {}
for first, last in spans:gmatch("(%x+)-(%x+)") do
  firsts[#firsts + 1], lasts[#lasts + 1] = tonumber(first, 16), tonumber(last, 16)
end

local function is_dropped(letter)
  local low, high = 1, #firsts
  while low <= high do
    local middle = (low + high) // 2
    if letter < firsts[middle] then
      high = middle - 1
    elseif letter > lasts[middle] then
      low = middle + 1
    else
      return true
    end
  end
  return false
end

-- A Hangul syllable is a leading consonant, a vowel and maybe a trailing consonant: Unicode, section 3.12.
local function syllable(letter)
  local index = letter - 0xAC00
  local jamo = utf8.char(0x1100 + index // 588, 0x1161 + index % 588 // 28)
  if index % 28 == 0 then return jamo end
  return jamo .. utf8.char(0x11A7 + index % 28)
end

-- What is not kept in the table: too many letters for that, and what is not UTF-8. Nothing is added to the table here, or
-- users could fill the memory. The result false means that the bytes stay as they are.
local function compute(_, bytes)
  local lead = bytes:byte()
  local size = lead < 0xE0 and 2 or lead < 0xF0 and 3 or 4
  if #bytes > size then
    local letter = bytes:sub(1, size)
    return (folded[letter] or letter) .. bytes:sub(size + 1)
  end
  if utf8.len(bytes) ~= 1 then return false end
  local letter = utf8.codepoint(bytes)
  if letter >= 0xAC00 and letter <= 0xD7A3 then return syllable(letter) end
  return is_dropped(letter) and ""
end

setmetatable(folded, { __index = compute })

local function decode(digits)
  return string.char(tonumber(digits, 16))
end

-- Drops ASCII but letters, digits and percent signs; decodes, leaving stray percent signs alone; folds. Each can make work
-- for the others.
core.register_converters("fold", function(text)
  for _ = 1, {{rounds}} do
    local before = text
    text = text:gsub("[^0-9A-Za-z%%\x80-\xFF]+", "")
    text = text:gsub("%%(%x%x)", decode)
    text = text:gsub("[\xC2-\xF4][\x80-\xBF]+", folded)
    if text == before then break end
  end
  return text
end)
