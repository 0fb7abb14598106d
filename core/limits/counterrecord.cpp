// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/counterrecord.h"

#include "core/limits/slidingwindow.h"

#include <QtEndian>

#include <array>
#include <cstdlib>

namespace sluice::limits {

namespace {

// A key is four letters (who asked for the limit, what it counts by, its unit, its algorithm), the
// property, for headers the period, then owner, value and calendar period. A state is the version,
// the checksum of key and body, and the body: the rest of the limit, then the figures. All integers
// are big-endian; a text is its length in four bytes and itself.
constexpr char Version = 1;
constexpr qsizetype StateHead = 1 + sizeof(quint32);
constexpr qint64 FurthestStart = 1LL << 50; ///< ms: beyond the year 9999

// Letters by the number of the enumerator, so that its number may change between versions.
constexpr QByteArrayView KindLetters = "sautmp"; ///< shared, API key, user, team, member, property
constexpr QByteArrayView UnitLetters = "rtiocs"; ///< request, token, input, output, cents, slots
constexpr QByteArrayView AlgorithmLetters = "gwcs"; ///< GCRA, window, calendar, slots
constexpr QByteArrayView ScopeLetters = "gurh"; ///< global, unified, router, header
constexpr QByteArrayView CalendarLetters = "hdwmqy"; ///< hour, day, week, month, quarter, year

template <typename Enum> char letterOf(QByteArrayView letters, Enum value)
{
    return letters[static_cast<qsizetype>(value)];
}

/// FNV-1a, folded: against broken disks, not against people.
quint32 checksum(QByteArrayView key, QByteArrayView body)
{
    quint64 sum = 0xcbf2'9ce4'8422'2325;
    for (const QByteArrayView bytes : {key, body}) {
        for (const char byte : bytes)
            sum = (sum ^ static_cast<unsigned char>(byte)) * 0x100'0000'01b3;
    }
    return static_cast<quint32>(sum ^ sum >> 32U);
}

class Writer
{
public:
    explicit Writer(qsizetype expected) { bytes.reserve(expected); }

    void letter(char value) { bytes.append(value); }

    template <typename Number> void number(Number value)
    {
        std::array<char, sizeof(Number)> raw{};
        qToBigEndian(value, raw.data());
        bytes.append(raw.data(), raw.size());
    }

    void text(QByteArrayView value)
    {
        number(static_cast<quint32>(value.size()));
        bytes.append(value);
    }

    void operator()(const GcraState &state)
    {
        number(static_cast<quint64>(state.tat >> 64U));
        number(static_cast<quint64>(state.tat));
    }

    void operator()(const WindowState &state)
    {
        letter(static_cast<char>(state.cells.size()));
        for (const WindowCell &cell : state.cells) {
            number(cell.index);
            number(cell.amount);
        }
    }

    void operator()(const CalendarState &state)
    {
        number(static_cast<qint64>(state.start.count()));
        number(state.amount);
    }

    void operator()(const SlotState &) { }

    QByteArray bytes;
};

/// Never reads beyond the end: isGood tells.
class Reader
{
public:
    explicit Reader(QByteArrayView bytes) : m_rest(bytes) { }

    QByteArrayView take(qsizetype size)
    {
        if (!isGood || size > m_rest.size()) {
            isGood = false;
            return {};
        }
        const QByteArrayView taken = m_rest.first(size);
        m_rest = m_rest.sliced(size);
        return taken;
    }

    template <typename Number> Number number()
    {
        const QByteArrayView raw = take(sizeof(Number));
        return isGood ? qFromBigEndian<Number>(raw.data()) : Number{};
    }

    QByteArrayView text() { return take(static_cast<qsizetype>(number<quint32>())); }

    template <typename Enum> Enum letter(QByteArrayView letters)
    {
        const QByteArrayView raw = take(1);
        const qsizetype place = isGood ? letters.indexOf(raw.front()) : -1;
        isGood = place >= 0;
        return static_cast<Enum>(std::max<qsizetype>(place, 0));
    }

    [[nodiscard]] QByteArrayView rest() const { return m_rest; }

    bool isGood = true;

private:
    QByteArrayView m_rest;
};

void writeHead(Writer &writer, const Limit &limit)
{
    const bool isHeader = limit.scope == LimitScope::Header;
    writer.letter(isHeader ? 'h' : limit.isPolicy() ? 'p' : 'c');
    writer.letter(letterOf(KindLetters, limit.segment.kind));
    writer.letter(letterOf(UnitLetters, limit.unit));
    writer.letter(letterOf(AlgorithmLetters, limit.algorithm));
    writer.text(limit.segment.property);
    if (isHeader)
        writer.number(static_cast<qint64>(limit.period.count()));
}

QByteArray toKey(const SavedCounter &counter)
{
    Writer writer(64 + counter.owner.size() + counter.value.size());
    writeHead(writer, *counter.limit);
    writer.text(counter.owner);
    writer.text(counter.value);
    writer.number(counter.period);
    return writer.bytes;
}

void writeTerms(Writer &writer, const Limit &limit)
{
    writer.letter(letterOf(ScopeLetters, limit.scope));
    writer.text(limit.router);
    writer.text(limit.policy);
    writer.number(limit.quota);
    writer.number(static_cast<qint64>(limit.period.count()));
    if (limit.algorithm != Algorithm::CalendarWindow)
        return;
    writer.letter(letterOf(CalendarLetters, limit.calendar.unit));
    writer.letter(static_cast<char>(limit.calendar.weekStart));
    writer.text(limit.calendar.zone.id());
}

/// What is in front of owner, value and period.
void readHead(Reader &key, Limit &limit, char &kind)
{
    const QByteArrayView first = key.take(1);
    kind = key.isGood ? first.front() : '\0';
    limit.segment.kind = key.letter<SegmentKind>(KindLetters);
    limit.unit = key.letter<Unit>(UnitLetters);
    limit.algorithm = key.letter<Algorithm>(AlgorithmLetters);
    limit.segment.property = key.text().toByteArray();
    if (kind == 'h')
        limit.period = nanoseconds(key.number<qint64>());
}

void readTerms(Reader &body, Limit &limit)
{
    limit.scope = body.letter<LimitScope>(ScopeLetters);
    limit.router = body.text().toByteArray();
    limit.policy = body.text().toByteArray();
    limit.quota = body.number<qint64>();
    const nanoseconds period(body.number<qint64>());
    if (limit.scope == LimitScope::Header && limit.period != period)
        body.isGood = false;
    limit.period = period;
    if (limit.algorithm != Algorithm::CalendarWindow)
        return;
    limit.calendar.unit = body.letter<CalendarUnit>(CalendarLetters);
    const QByteArrayView weekStart = body.take(1);
    const int day = body.isGood ? weekStart.front() : 0;
    const QByteArray zone = body.text().toByteArray();
    if (day < Qt::Monday || day > Qt::Sunday)
        body.isGood = false;
    limit.calendar.weekStart = static_cast<Qt::DayOfWeek>(day);
    limit.calendar.zone = zone.isEmpty() ? QTimeZone() : QTimeZone(zone);
}

bool isSound(const Limit &limit, char kind)
{
    const bool isHeader = limit.scope == LimitScope::Header;
    const char expected = isHeader ? 'h' : limit.isPolicy() ? 'p' : 'c';
    const bool hasPeriod =
        limit.algorithm == Algorithm::CalendarWindow || limit.period > nanoseconds::zero();
    return kind == expected && (!isHeader || limit.isPolicy()) && limit.quota > 0 && hasPeriod
        && limit.algorithm != Algorithm::Concurrency;
}

CounterState readWindow(Reader &body)
{
    WindowState window;
    const QByteArrayView size = body.take(1);
    const int count = body.isGood ? static_cast<unsigned char>(size.front()) : 0;
    if (count > slidingwindow::CellsPerPeriod + 1)
        body.isGood = false;
    for (int i = 0; i < count && body.isGood; ++i) {
        const auto index = body.number<qint64>();
        const auto amount = body.number<qint64>();
        const bool isInOrder = window.cells.empty() || window.cells.back().index < index;
        if (!isInOrder || amount < 0)
            body.isGood = false;
        window.cells.append({index, amount});
    }
    return window;
}

CounterState readState(Reader &body, const Limit &limit)
{
    if (limit.algorithm == Algorithm::SlidingWindow)
        return readWindow(body);
    if (limit.algorithm == Algorithm::Gcra) {
        const auto high = static_cast<qint64>(body.number<quint64>());
        const auto low = body.number<quint64>();
        return GcraState{static_cast<Int128>(high) << 64U | low, limit.quota, limit.period};
    }
    const auto start = body.number<qint64>();
    const auto amount = body.number<qint64>();
    if (amount <= 0 || start >= FurthestStart || start <= -FurthestStart)
        body.isGood = false;
    return CalendarState{milliseconds(start), amount};
}

} // namespace

QByteArray keyPrefix(const Limit &limit)
{
    Writer writer(64);
    writeHead(writer, limit);
    return writer.bytes;
}

CounterRecord toRecord(const SavedCounter &counter)
{
    CounterRecord record{counter.limit->name, toKey(counter), {}};
    if (counter.change != SavedCounter::Change::Counts)
        return record;
    Writer body(128);
    writeTerms(body, *counter.limit);
    std::visit(body, counter.state);
    Writer state(StateHead + body.bytes.size());
    state.letter(Version);
    state.number(checksum(record.key, body.bytes));
    state.bytes.append(body.bytes);
    record.state = state.bytes;
    return record;
}

std::optional<SavedCounter> CounterRecordReader::read(const CounterRecord &record)
{
    Reader whole(record.state);
    const QByteArrayView version = whole.take(1);
    const auto sum = whole.number<quint32>();
    const QByteArrayView bytes = whole.rest();
    if (!whole.isGood || version.front() != Version || sum != checksum(record.key, bytes))
        return std::nullopt;
    Reader key(record.key);
    Reader body(bytes);
    SavedCounter counter;
    char kind = '\0';
    auto limit = std::make_shared<Limit>();
    limit->name = record.limit;
    readHead(key, *limit, kind);
    const QByteArrayView head = QByteArrayView(record.key).chopped(key.rest().size());
    readTerms(body, *limit);
    const QByteArrayView terms = bytes.chopped(body.rest().size());
    if (!key.isGood || !body.isGood || !isSound(*limit, kind))
        return std::nullopt;
    counter.state = readState(body, *limit);
    counter.owner = key.text().toByteArray();
    counter.value = key.text().toByteArray();
    counter.period = key.number<quint32>();
    if (!key.isGood || !key.rest().isEmpty() || !body.isGood || !body.rest().isEmpty())
        return std::nullopt;
    counter.limit = shared(record.limit, head, terms, std::move(limit));
    return counter;
}

LimitPtr CounterRecordReader::shared(
    const QByteArray &name, QByteArrayView head, QByteArrayView terms, LimitPtr limit)
{
    Writer id(name.size() + head.size() + terms.size() + 8);
    id.text(name);
    id.text(head);
    id.bytes.append(terms);
    LimitPtr &known = m_limits[id.bytes];
    if (!known)
        known = std::move(limit);
    return known;
}

} // namespace sluice::limits
