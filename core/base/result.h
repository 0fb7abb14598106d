// SPDX-License-Identifier: GPL-3.0-or-later
// Result<T>: a value or an Error, with the member names of std::expected so that C++23 makes it a
// typedef. Any thread; owns what it holds.
#pragma once

#include "core/base/error.h"

#include <utility>
#include <variant>

namespace sluice {

template <typename T> class [[nodiscard]] Result
{
public:
    using value_type = T;

    Result(T value) : m_state(std::in_place_index<0>, std::move(value)) { }

    Result(Error error) : m_state(std::in_place_index<1>, std::move(error)) { }

    [[nodiscard]] bool has_value() const { return m_state.index() == 0; }

    explicit operator bool() const { return has_value(); }

    /// The value; calling it on an error is a programming mistake.
    T &value() & { return std::get<0>(m_state); }

    const T &value() const & { return std::get<0>(m_state); }

    T &&value() && { return std::get<0>(std::move(m_state)); }

    T &operator*() & { return value(); }

    const T &operator*() const & { return value(); }

    T &&operator*() && { return std::move(*this).value(); }

    T *operator->() { return &value(); }

    const T *operator->() const { return &value(); }

    [[nodiscard]] const Error &error() const { return std::get<1>(m_state); }

    template <typename U> T value_or(U &&other) const &
    {
        return has_value() ? value() : static_cast<T>(std::forward<U>(other));
    }

    /// Calls next with the value, or hands the error on.
    template <typename F>
    auto and_then(F &&next) const & -> decltype(next(std::declval<const T &>()))
    {
        if (!has_value())
            return error();
        return std::forward<F>(next)(value());
    }

private:
    std::variant<T, Error> m_state;
};

template <> class [[nodiscard]] Result<void>
{
public:
    Result() = default;

    Result(Error error) : m_state(std::in_place_index<1>, std::move(error)) { }

    [[nodiscard]] bool has_value() const { return m_state.index() == 0; }

    explicit operator bool() const { return has_value(); }

    [[nodiscard]] const Error &error() const { return std::get<1>(m_state); }

private:
    std::variant<std::monostate, Error> m_state;
};

} // namespace sluice
