// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/enginestate.h"

#include "core/limits/calendarwindow.h"
#include "core/limits/gcra.h"
#include "core/limits/segmentvalue.h"
#include "core/limits/slidingwindow.h"

#include <QDataStream>
#include <QIODevice>

#include <cstdlib>

namespace sluice::limits::enginestate {

using namespace Qt::StringLiterals;

namespace {

// A state is this header, then the terms, the owners and the counters; a counter names its terms
// and its owner by their place. All integers are big-endian.
constexpr quint32 Magic = 0x534c'4353; // "SLCS"
constexpr quint16 Version = 1;
constexpr qsizetype HeaderSize = 4 + 2 + 8 + 8;
constexpr qint64 FurthestStart = 1LL << 50; ///< ms: beyond the year 9999

/// FNV-1a: against broken disks, not against people.
quint64 checksum(QByteArrayView bytes)
{
    quint64 sum = 0xcbf2'9ce4'8422'2325;
    for (const char byte : bytes)
        sum = (sum ^ static_cast<unsigned char>(byte)) * 0x100'0000'01b3;
    return sum;
}

void configure(QDataStream &stream)
{
    stream.setVersion(QDataStream::Qt_6_0);
    stream.setByteOrder(QDataStream::BigEndian);
}

Error broken(const QString &what)
{
    return {ErrorCode::Invalid, u"The saved counters cannot be read: %1."_s.arg(what), {}};
}

/// A counter with all edits replayed.
struct Saved
{
    quint32 terms = 0;
    quint32 owner = 0;
    QByteArrayView value;
    CounterState state;
};

class Writer
{
public:
    Writer(const CounterBook &book, Instant now) : m_book(book), m_now(now) { configure(m_stream); }

    QByteArray write()
    {
        const std::vector<Saved> counters = collect();
        m_stream << qint64(m_now.engine.count()) << quint32(m_terms.size());
        for (const QByteArray &limit : m_terms)
            m_stream.writeRawData(limit.constData(), int(limit.size()));
        m_stream << quint32(m_owners.size());
        for (const quint32 owner : m_owners)
            m_stream << m_book.registry.ownerName(owner);
        m_stream << quint32(counters.size());
        for (const Saved &counter : counters) {
            m_stream << counter.terms << counter.owner;
            m_stream.writeBytes(counter.value.data(), uint(counter.value.size()));
            std::visit([this](const auto &state) { writeState(state); }, counter.state);
        }
        return m_body;
    }

private:
    std::vector<Saved> collect()
    {
        std::vector<Saved> counters;
        for (quint32 number = 0; number < m_book.counters.numbersEnd(); ++number) {
            if (!m_book.counters.isUsed(number))
                continue;
            const CounterTable::Entry &entry = m_book.counters.at(number);
            const quint32 terms = termsOf(entry);
            Saved saved;
            saved.state = m_book.stateOf(entry);
            if (isEmpty(saved.state, *m_book.registry.at(terms).limit))
                continue;
            saved.terms = placeOf(m_terms, m_termPlaces, bytesOf(*m_book.registry.at(terms).limit));
            saved.owner = placeOf(m_owners, m_ownerPlaces, entry.owner);
            saved.value = m_book.counters.valueOf(number);
            counters.push_back(std::move(saved));
        }
        return counters;
    }

    [[nodiscard]] quint32 termsOf(const CounterTable::Entry &entry) const
    {
        const LimitRegistry &registry = m_book.registry;
        const quint32 terms = registry.latest(entry.terms);
        const Limit &limit = *registry.at(terms).limit;
        if (limit.algorithm != Algorithm::CalendarWindow)
            return terms;
        // Earlier periods may stand in what was the value's own amounts, or was not yet.
        const quint32 now = registry.termsFor(entry.group,
            displayValue(limit, registry.ownerName(entry.owner), entry.text.view().toByteArray()));
        const Limit &own = *registry.at(now).limit;
        const bool isRunning = registry.termsOf(own) != LimitRegistry::None;
        return isRunning && own.calendar == limit.calendar ? now : terms;
    }

    [[nodiscard]] bool isEmpty(const CounterState &state, const Limit &limit) const
    {
        if (const auto *bucket = std::get_if<GcraState>(&state))
            return gcra::isIdle(*bucket, m_now.engine);
        if (const auto *window = std::get_if<WindowState>(&state))
            return slidingwindow::isIdle(*window, limit.period, m_now.engine);
        if (const auto *calendar = std::get_if<CalendarState>(&state))
            return calendar->amount == 0;
        return true; // slots
    }

    template <typename T>
    static quint32 placeOf(std::vector<T> &list, QHash<T, quint32> &places, const T &item)
    {
        const auto found = places.constFind(item);
        if (found != places.constEnd())
            return *found;
        const auto place = static_cast<quint32>(list.size());
        list.push_back(item);
        places.insert(item, place);
        return place;
    }

    /// What a limit is and counts in: terms that are equal in this are the same.
    static QByteArray bytesOf(const Limit &limit)
    {
        QByteArray bytes;
        QDataStream stream(&bytes, QIODevice::WriteOnly);
        configure(stream);
        stream << limit.name << limit.policy << limit.router << quint8(limit.scope)
               << quint8(limit.segment.kind) << limit.segment.property << quint8(limit.algorithm)
               << quint8(limit.unit) << qint64(limit.quota) << qint64(limit.period.count())
               << quint8(limit.calendar.unit) << quint8(limit.calendar.weekStart)
               << limit.calendar.zone.id();
        return bytes;
    }

    void writeState(const GcraState &state)
    {
        m_stream << quint64(state.tat >> 64U) << quint64(state.tat);
    }

    void writeState(const WindowState &state)
    {
        m_stream << quint8(state.cells.size());
        for (const WindowState::Cell &cell : state.cells)
            m_stream << qint64(cell.index) << qint64(cell.amount);
    }

    void writeState(const CalendarState &state)
    {
        m_stream << qint64(state.start.count()) << qint64(state.amount);
    }

    void writeState(const SlotState &) { }

    const CounterBook &m_book;
    const Instant m_now;
    QByteArray m_body;
    QDataStream m_stream{&m_body, QIODevice::WriteOnly};
    std::vector<QByteArray> m_terms;
    std::vector<quint32> m_owners;
    QHash<QByteArray, quint32> m_termPlaces;
    QHash<quint32, quint32> m_ownerPlaces;
};

class Reader
{
public:
    Reader(CounterBook &book, Instant now, const QByteArray &body)
        : m_book(book), m_now(now), m_stream(body)
    {
        configure(m_stream);
    }

    Result<void> read()
    {
        qint64 at = 0;
        m_stream >> at;
        if (m_now.engine < EngineTime(at))
            return broken(u"it is of a later time"_s);
        if (!readLimits() || !readOwners())
            return broken(u"its limits are damaged"_s);
        quint32 count = 0;
        m_stream >> count;
        for (quint32 i = 0; i < count; ++i) {
            if (!readCounter())
                return broken(u"counter %1 is damaged"_s.arg(i + 1));
        }
        if (!isGood() || !m_stream.atEnd())
            return broken(u"it does not end where it should"_s);
        return {};
    }

private:
    [[nodiscard]] bool isGood() const { return m_stream.status() == QDataStream::Ok; }

    /// Reads an enumeration that ends with `last`.
    template <typename Enum> bool readEnum(Enum &value, Enum last)
    {
        quint8 number = 0;
        m_stream >> number;
        value = static_cast<Enum>(number);
        return isGood() && number <= static_cast<quint8>(last);
    }

    bool readLimits()
    {
        quint32 count = 0;
        m_stream >> count;
        for (quint32 i = 0; i < count; ++i) {
            auto limit = std::make_shared<Limit>();
            if (!readLimit(*limit) || !isSound(*limit))
                return false;
            const bool isHeader = limit->scope == LimitScope::Header;
            m_groups.push_back(isHeader ? LimitRegistry::None : m_book.registry.groupOf(*limit));
            m_limits.push_back(std::move(limit));
        }
        m_adopted.resize(m_limits.size(), LimitRegistry::None);
        return isGood();
    }

    bool readLimit(Limit &limit)
    {
        qint64 quota = 0;
        qint64 period = 0;
        quint8 weekStart = 0;
        QByteArray zone;
        m_stream >> limit.name >> limit.policy >> limit.router;
        const bool isKnown = readEnum(limit.scope, LimitScope::Header)
            && readEnum(limit.segment.kind, SegmentKind::Property);
        m_stream >> limit.segment.property;
        if (!isKnown || !readEnum(limit.algorithm, Algorithm::CalendarWindow)
            || !readEnum(limit.unit, Unit::ConcurrentRequest))
            return false;
        m_stream >> quota >> period;
        const bool hasUnit = readEnum(limit.calendar.unit, CalendarUnit::Year);
        m_stream >> weekStart >> zone;
        limit.quota = quota;
        limit.period = nanoseconds(period);
        limit.calendar.weekStart = static_cast<Qt::DayOfWeek>(weekStart);
        limit.calendar.zone = zone.isEmpty() ? QTimeZone() : QTimeZone(zone);
        return hasUnit && weekStart >= Qt::Monday && weekStart <= Qt::Sunday && isGood();
    }

    static bool isSound(const Limit &limit)
    {
        const bool hasPeriod = limit.algorithm != Algorithm::CalendarWindow;
        return limit.quota > 0 && (hasPeriod ? limit.period.count() > 0 : true)
            && (limit.scope != LimitScope::Header || limit.isPolicy());
    }

    bool readOwners()
    {
        quint32 count = 0;
        m_stream >> count;
        for (quint32 i = 0; i < count && isGood(); ++i) {
            QByteArray owner;
            m_stream >> owner;
            m_owners.push_back(owner);
        }
        return isGood();
    }

    bool readCounter()
    {
        quint32 terms = 0;
        quint32 owner = 0;
        QByteArray value;
        m_stream >> terms >> owner >> value;
        if (!isGood() || terms >= m_limits.size() || owner >= m_owners.size())
            return false;
        CounterState state;
        return readState(*m_limits[terms], state) && put(terms, m_owners[owner], value, state);
    }

    bool readState(const Limit &limit, CounterState &state)
    {
        if (limit.algorithm == Algorithm::SlidingWindow)
            return readWindow(limit.period, state);
        if (limit.algorithm == Algorithm::Gcra) {
            quint64 high = 0;
            quint64 low = 0;
            m_stream >> high >> low;
            const Int128 tat = static_cast<Int128>(static_cast<qint64>(high)) << 64U | low;
            state = GcraState{tat, limit.quota, limit.period};
            return isGood();
        }
        qint64 start = 0;
        qint64 amount = 0;
        m_stream >> start >> amount;
        state = CalendarState{milliseconds(start), amount};
        return isGood() && amount > 0 && std::abs(start) < FurthestStart;
    }

    bool readWindow(nanoseconds period, CounterState &state)
    {
        const qint64 last = slidingwindow::cellAt(m_now.engine, period);
        quint8 count = 0;
        m_stream >> count;
        if (count > slidingwindow::CellsPerPeriod + 1)
            return false;
        WindowState window;
        for (int i = 0; i < count && isGood(); ++i) {
            WindowState::Cell cell;
            m_stream >> cell.index >> cell.amount;
            const bool isInOrder = window.cells.empty() || window.cells.back().index < cell.index;
            if (!isInOrder || cell.index > last || cell.amount < 0)
                return false;
            window.cells.append(cell);
        }
        state = std::move(window);
        return isGood();
    }

    bool put(quint32 place, const QByteArray &owner, const QByteArray &value, CounterState &state)
    {
        const Limit &saved = *m_limits[place];
        const quint32 terms = termsOf(place, displayValue(saved, owner, value));
        const LimitPtr to = m_book.registry.at(terms).limit;
        if (to->algorithm != saved.algorithm)
            return false;
        CounterKey key{m_book.registry.at(terms).group, m_book.registry.intern(owner), value, 0, 0};
        if (auto *calendar = std::get_if<CalendarState>(&state)) {
            moveCalendar(*calendar, saved.calendar, to->calendar);
            key.period = periodNumber(calendar->start);
        }
        key = m_book.counters.hashed(key);
        if (m_book.counters.find(key) != CounterTable::None)
            return false;
        const quint32 number = m_book.counters.insert(key, terms);
        m_book.registry.retain(terms);
        fill(m_book.counters.at(number), saved, *to, state);
        return true;
    }

    /// The running terms of the counter, or those of a limit that is gone or of a client's policy.
    quint32 termsOf(quint32 place, const QByteArray &displayed)
    {
        if (m_groups[place] != LimitRegistry::None)
            return m_book.registry.termsFor(m_groups[place], displayed);
        if (m_adopted[place] == LimitRegistry::None)
            m_adopted[place] = m_book.registry.adopt(m_limits[place]);
        return m_adopted[place];
    }

    void moveCalendar(CalendarState &state, const Calendar &from, const Calendar &to) const
    {
        if (from == to)
            return;
        const CalendarState moved =
            calendarwindow::rescaled(state, periodAt(from, m_now.wall), periodAt(to, m_now.wall));
        if (moved.amount > 0)
            state = moved;
    }

    void fill(
        CounterTable::Entry &entry, const Limit &saved, const Limit &to, CounterState &state) const
    {
        if (const auto *bucket = std::get_if<GcraState>(&state)) {
            entry.level = gcra::rescaled(*bucket, to.rate(), m_now.engine).tat;
        } else if (auto *window = std::get_if<WindowState>(&state)) {
            if (saved.period != to.period)
                *window = slidingwindow::rescaled(*window, saved.period, to.period, m_now.engine);
            entry.window = std::move(*window);
        } else {
            entry.level = std::get<CalendarState>(state).amount;
        }
    }

    CounterBook &m_book;
    const Instant m_now;
    QDataStream m_stream;
    std::vector<LimitPtr> m_limits;
    std::vector<quint32> m_groups; ///< the running ones, by place in m_limits
    std::vector<quint32> m_adopted; ///< by place in m_limits
    std::vector<QByteArray> m_owners;
};

/// What follows the header of a whole state of this version.
Result<QByteArray> bodyOf(const QByteArray &state)
{
    QDataStream stream(state);
    configure(stream);
    quint32 magic = 0;
    quint16 version = 0;
    quint64 size = 0;
    quint64 sum = 0;
    stream >> magic >> version >> size >> sum;
    if (stream.status() != QDataStream::Ok || magic != Magic)
        return broken(u"it is not a state of Sluice"_s);
    if (version != Version)
        return Error{ErrorCode::Unsupported,
            u"The saved counters are of version %1, and this program reads version %2."_s
                .arg(version)
                .arg(Version),
            {}};
    const QByteArray body = state.sliced(HeaderSize);
    if (quint64(body.size()) != size || checksum(body) != sum || size < sizeof(qint64))
        return broken(u"it is damaged"_s);
    return body;
}

} // namespace

QByteArray save(const CounterBook &book, Instant now)
{
    const QByteArray body = Writer(book, now).write();
    QByteArray state;
    QDataStream stream(&state, QIODevice::WriteOnly);
    configure(stream);
    stream << Magic << Version << quint64(body.size()) << checksum(body);
    return state + body;
}

Result<void> load(CounterBook &book, Instant now, const QByteArray &state)
{
    const Result<QByteArray> body = bodyOf(state);
    return body ? Reader(book, now, *body).read() : Result<void>(body.error());
}

Result<EngineTime> savedAt(const QByteArray &state)
{
    const Result<QByteArray> body = bodyOf(state);
    if (!body)
        return body.error();
    QDataStream stream(*body);
    configure(stream);
    qint64 at = 0;
    stream >> at;
    return EngineTime(at);
}

} // namespace sluice::limits::enginestate
