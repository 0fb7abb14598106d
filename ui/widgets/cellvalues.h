// SPDX-License-Identifier: GPL-3.0-or-later
// What a table cell says, free of colours and pixels: item models fill these values and roles, the
// delegates of the console paint them. Value types, any thread.
#pragma once

#include <QList>
#include <QMetaType>
#include <QString>

#include <optional>

namespace sluice::ui {

/// What a colour means; every state has a sign and a word of its own as well.
enum class State : quint8 { Normal, Near, Refused, Shadow, Idle };

/// A sign of 8 px, drawn as a path.
enum class Sign : quint8 {
    None,
    Disc,
    Check,
    Triangle,
    Square,
    Diamond,
    Dash,
    Ring,
    Blocked,
    Cross,
    Clock,
    Raised ///< an arrow upwards: more than the file says, for a while
};

/// How the text of a cell is set.
enum class Tone : quint8 { Text, Second, Strong, Link };

/// The roles the delegates read beside Qt's own (DisplayRole, TextAlignmentRole, ...).
enum CellRole {
    GaugeRole = Qt::UserRole + 500, ///< GaugeValue
    SparklineRole, ///< SparklineValue
    ChipRole, ///< ChipValue
    SecondTextRole, ///< QString, drawn in second text after the display text
    ToneRole, ///< int(Tone)
    MonoRole, ///< bool: fixed font
    SignRole, ///< int(Sign), drawn before the text
    StateRole, ///< int(State), colours the sign
    OldTextRole, ///< QString, "old -> new": the display text becomes DemiBold
    OldSignRole, ///< int(Sign) of the old value
    ErrorRole, ///< bool: cross before and a wave under the text
    ChangedRole, ///< bool on column 0: gutter bar, "changed in the draft"
    FlashRole, ///< double 0..1 on any column: strength of the fading red of a fresh refusal
    StaleRole, ///< bool: text in second, "older than 2 s"
    ThreadRole, ///< int, see ChainPart: which way the line of a chain goes on from this cell
};

/// For ThreadRole: the thread of a chain leaves the sign upwards, downwards or both ways.
enum ChainPart { ChainNone = 0, ChainUp = 1, ChainDown = 2 };

/// A quota gauge. used, quota and reserved are in one common unit of the caller's choice (engine
/// amounts are millionths); the texts are already formatted, see format.h.
struct GaugeValue
{
    qint64 used = 0;
    qint64 quota = 0;
    qint64 reserved = 0; ///< reserved but not settled, drawn as hatching behind the fill
    QString usedText; ///< "412"
    QString quotaText; ///< "1 000"
    QString unitText; ///< "req", may be empty
    QString reservedText; ///< of what is reserved, for screen readers; empty = nothing is
    State state = State::Normal;
    QString
        stateWord; ///< right end: "near", "refused, +$0.42", "+60 until 16:00"; empty: percentage
    std::optional<Sign>
        sign; ///< overrides the sign of the state; Sign::None for a word without one
    std::optional<double> paceShare; ///< elapsed share of a calendar window, 0..1
    QList<double> thresholds; ///< alert thresholds as shares, 0..1
    bool stale = false; ///< older than 2 s: grey, with a clock
    QString noLimitText; ///< not empty: no bar, these words instead
    bool blocked = false; ///< with noLimitText: the sign "blocked" before the words

    /// used / quota, 0 without a quota; above 1 when settled above the limit.
    double share() const { return quota > 0 ? double(used) / double(quota) : 0.0; }

    bool operator==(const GaugeValue &) const = default;
};

/// 60 buckets, oldest first; each series may be shorter (missing buckets are the oldest).
struct SparklineValue
{
    QList<double> admitted;
    QList<double> refused;
    bool operator==(const SparklineValue &) const = default;
};

/// The decision of a request as a chip.
struct ChipValue
{
    enum class Kind : quint8 {
        Plain, ///< the ordinary case: grey text without a ground
        Tinted, ///< it happened
        Outlined, ///< it would have happened
        Grey ///< not a limit's doing
    };
    Kind kind = Kind::Plain;
    State state = State::Idle;
    Sign sign = Sign::None;
    QString text;
    bool operator==(const ChipValue &) const = default;
};

} // namespace sluice::ui

Q_DECLARE_METATYPE(sluice::ui::GaugeValue)
Q_DECLARE_METATYPE(sluice::ui::SparklineValue)
Q_DECLARE_METATYPE(sluice::ui::ChipValue)
