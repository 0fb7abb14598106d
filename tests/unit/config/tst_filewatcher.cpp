// SPDX-License-Identifier: GPL-3.0-or-later
// A changed file is noticed within a second, however it was written, and reported once and whole.
#include "core/config/filewatcher.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <cstdio>
#include <memory>
#include <utime.h>

using namespace Qt::StringLiterals;
using namespace sluice::config;

namespace {

void write(const QString &path, const QByteArray &text)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(text), text.size());
}

void writeInPlace(const QString &path, const QByteArray &text)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    QCOMPARE(file.write(text), text.size());
    QVERIFY(file.resize(text.size()));
}

void moveOver(const QString &from, const QString &to)
{
    QCOMPARE(
        std::rename(QFile::encodeName(from).constData(), QFile::encodeName(to).constData()), 0);
}

void linkOver(const QString &target, const QString &link)
{
    const QString temporary = link + u".new"_s;
    QVERIFY(QFile::link(target, temporary));
    moveOver(temporary, link);
}

/// Lets real time pass: how long an editor takes is what is tested here.
void pause(int milliseconds)
{
    QTest::qWait(milliseconds); // nothing happens that could be waited for
}

} // namespace

class TestFileWatcher : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void noticesEveryWayOfWriting_data();
    void noticesEveryWayOfWriting();
    void noticesALinkInBetween();
    void noticesAMountedVolume();
    void noticesWhatChangedBeforeItWatched();
    void keepsQuietWhenOnlyTouched();
    void keepsQuietAboutOtherFiles();
    void keepsQuietAboutOwnWrites();
    void reportsASlowWriteOnce();
    void reportsAnEmptiedFile();
    void reportsOnceThatTheFileIsGone();
    void reportsThatTheFileIsBack();
    void startsWithoutAFile();

private:
    QString at(const QString &name) const { return m_dir->filePath(name); }

    void watch(const QString &path, const QByteArray &known);

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<FileWatcher> m_watcher;
    std::unique_ptr<QSignalSpy> m_changed;
    std::unique_ptr<QSignalSpy> m_unreadable;
    std::unique_ptr<QSignalSpy> m_readable;
};

void TestFileWatcher::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_dir = std::make_unique<QTemporaryDir>();
    QVERIFY(m_dir->isValid());
}

/// Watches and waits until the first look is over.
void TestFileWatcher::watch(const QString &path, const QByteArray &known)
{
    m_watcher = std::make_unique<FileWatcher>(path, known);
    m_changed = std::make_unique<QSignalSpy>(m_watcher.get(), &FileWatcher::changed);
    m_unreadable = std::make_unique<QSignalSpy>(m_watcher.get(), &FileWatcher::unreadable);
    m_readable = std::make_unique<QSignalSpy>(m_watcher.get(), &FileWatcher::readable);
    pause(120);
}

void TestFileWatcher::noticesEveryWayOfWriting_data()
{
    QTest::addColumn<QString>("way");
    QTest::newRow("in place") << u"in place"_s;
    QTest::newRow("truncate and write") << u"truncate"_s;
    QTest::newRow("rename over it") << u"rename"_s;
    QTest::newRow("rename away and write (vim)") << u"backup"_s;
    QTest::newRow("delete and create") << u"delete"_s;
    QTest::newRow("link over it") << u"link"_s;
}

void TestFileWatcher::noticesEveryWayOfWriting()
{
    QFETCH(QString, way);
    const QString path = at(u"c.yaml"_s);
    write(path, "a: 0\n");
    watch(path, "a: 0\n");
    for (int i = 1; i <= 3; ++i) { // each way kills the watch in another manner
        const QByteArray text = "a: " + QByteArray::number(i) + "\n";
        QElapsedTimer timer;
        timer.start();
        if (way == u"in place") {
            writeInPlace(path, text);
        } else if (way == u"truncate") {
            write(path, text);
        } else if (way == u"rename") {
            write(at(u"new"_s), text);
            moveOver(at(u"new"_s), path);
        } else if (way == u"backup") {
            moveOver(path, at(u"c.yaml~"_s));
            write(path, text);
        } else if (way == u"delete") {
            QVERIFY(QFile::remove(path));
            write(path, text);
        } else {
            const QString target = at(u"target%1"_s.arg(i));
            write(target, text);
            linkOver(target, path);
        }
        QTRY_COMPARE_WITH_TIMEOUT(m_changed->size(), i, 3000);
        QCOMPARE(m_changed->back().front().toByteArray(), text);
        QVERIFY2(timer.elapsed() < 1000, QByteArray::number(timer.elapsed()).constData());
    }
    QVERIFY(m_unreadable->isEmpty());
}

void TestFileWatcher::noticesALinkInBetween()
{
    // link -> elsewhere/middle -> one/two: no watch is on the folder of the middle one.
    for (const QString &name : {u"elsewhere"_s, u"one"_s, u"two"_s, u"here"_s})
        QVERIFY(QDir(m_dir->path()).mkdir(name));
    write(at(u"one/c"_s), "a: 1\n");
    write(at(u"two/c"_s), "a: 2\n");
    QVERIFY(QFile::link(at(u"one/c"_s), at(u"elsewhere/middle"_s)));
    QVERIFY(QFile::link(at(u"elsewhere/middle"_s), at(u"here/link"_s)));
    watch(at(u"here/link"_s), "a: 1\n");
    linkOver(at(u"two/c"_s), at(u"elsewhere/middle"_s));
    QTRY_COMPARE_WITH_TIMEOUT(m_changed->size(), 1, 1000);
    QCOMPARE(m_changed->front().front().toByteArray(), "a: 2\n");
    write(at(u"two/c"_s), "a: 3\n");
    QTRY_COMPARE_WITH_TIMEOUT(m_changed->size(), 2, 1000);
}

void TestFileWatcher::noticesAMountedVolume()
{
    // As Kubernetes updates a ConfigMap: c.yaml -> ..data/c.yaml, ..data -> ..1, swapped at once.
    QVERIFY(QDir(m_dir->path()).mkdir(u"..1"_s));
    QVERIFY(QDir(m_dir->path()).mkdir(u"..2"_s));
    write(at(u"..1/c.yaml"_s), "a: 1\n");
    write(at(u"..2/c.yaml"_s), "a: 2\n");
    QVERIFY(QFile::link(u"..1"_s, at(u"..data"_s)));
    QVERIFY(QFile::link(u"..data/c.yaml"_s, at(u"c.yaml"_s)));
    watch(at(u"c.yaml"_s), "a: 1\n");
    linkOver(u"..2"_s, at(u"..data"_s));
    QVERIFY(QDir(at(u"..1"_s)).removeRecursively());
    QTRY_COMPARE_WITH_TIMEOUT(m_changed->size(), 1, 1000);
    QCOMPARE(m_changed->front().front().toByteArray(), "a: 2\n");
    QVERIFY(m_unreadable->isEmpty());
}

void TestFileWatcher::noticesWhatChangedBeforeItWatched()
{
    write(at(u"c.yaml"_s), "a: 2\n");
    watch(at(u"c.yaml"_s), "a: 1\n");
    QTRY_COMPARE_WITH_TIMEOUT(m_changed->size(), 1, 1000);
}

void TestFileWatcher::keepsQuietWhenOnlyTouched()
{
    write(at(u"c.yaml"_s), "a: 1\n");
    watch(at(u"c.yaml"_s), "a: 1\n");
    QCOMPARE(::utime(QFile::encodeName(at(u"c.yaml"_s)).constData(), nullptr), 0);
    write(at(u"new"_s), "a: 1\n");
    moveOver(at(u"new"_s), at(u"c.yaml"_s));
    QVERIFY(!m_changed->wait(800));
}

void TestFileWatcher::keepsQuietAboutOtherFiles()
{
    write(at(u"c.yaml"_s), "a: 1\n");
    watch(at(u"c.yaml"_s), "a: 1\n");
    write(at(u"other.yaml"_s), "b: 1\n");
    QVERIFY(QFile::remove(at(u"other.yaml"_s)));
    QVERIFY(!m_changed->wait(800));
}

void TestFileWatcher::keepsQuietAboutOwnWrites()
{
    write(at(u"c.yaml"_s), "a: 1\n");
    watch(at(u"c.yaml"_s), "a: 1\n");
    write(at(u"c.yaml"_s), "a: 2\n");
    m_watcher->setKnownText("a: 2\n");
    QVERIFY(!m_changed->wait(800));
    write(at(u"c.yaml"_s), "a: 1\n");
    QTRY_COMPARE_WITH_TIMEOUT(m_changed->size(), 1, 1000);
}

void TestFileWatcher::reportsASlowWriteOnce()
{
    write(at(u"c.yaml"_s), "a: 1\nb: 2\nc: 3\n");
    watch(at(u"c.yaml"_s), "a: 1\nb: 2\nc: 3\n");
    QFile file(at(u"c.yaml"_s));
    QVERIFY(file.open(QIODevice::WriteOnly)); // truncated now
    pause(100);
    QVERIFY(file.write("a: 2\n") > 0 && file.flush());
    pause(20);
    QVERIFY(file.write("b: 3\n") > 0 && file.flush());
    pause(20);
    QVERIFY(file.write("c: 4\n") > 0);
    file.close();
    QTRY_COMPARE_WITH_TIMEOUT(m_changed->size(), 1, 1000);
    QCOMPARE(m_changed->front().front().toByteArray(), "a: 2\nb: 3\nc: 4\n");
    QVERIFY(!m_changed->wait(600));
}

void TestFileWatcher::reportsAnEmptiedFile()
{
    write(at(u"c.yaml"_s), "a: 1\n");
    watch(at(u"c.yaml"_s), "a: 1\n");
    write(at(u"c.yaml"_s), "");
    QTRY_COMPARE_WITH_TIMEOUT(m_changed->size(), 1, 1000);
    QCOMPARE(m_changed->front().front().toByteArray(), "");
}

void TestFileWatcher::reportsOnceThatTheFileIsGone()
{
    write(at(u"c.yaml"_s), "a: 1\n");
    watch(at(u"c.yaml"_s), "a: 1\n");
    QVERIFY(QFile::remove(at(u"c.yaml"_s)));
    QTRY_COMPARE_WITH_TIMEOUT(m_unreadable->size(), 1, 1000);
    QVERIFY(m_unreadable->front().front().toString().contains(u"c.yaml"));
    QVERIFY(!m_watcher->isReadable());
    QVERIFY(!m_unreadable->wait(600));
}

void TestFileWatcher::reportsThatTheFileIsBack()
{
    watch(at(u"c.yaml"_s), "a: 1\n");
    QTRY_COMPARE_WITH_TIMEOUT(m_unreadable->size(), 1, 1000);
    write(at(u"c.yaml"_s), "a: 1\n");
    QTRY_COMPARE_WITH_TIMEOUT(m_readable->size(), 1, 1000);
    QVERIFY(m_watcher->isReadable());
    QVERIFY(m_changed->isEmpty());
    write(at(u"c.yaml"_s), "a: 2\n");
    QTRY_COMPARE_WITH_TIMEOUT(m_changed->size(), 1, 1000);
}

void TestFileWatcher::startsWithoutAFile()
{
    watch(at(u"later/c.yaml"_s), "");
    QTRY_COMPARE_WITH_TIMEOUT(m_unreadable->size(), 1, 1000);
    QVERIFY(QDir(m_dir->path()).mkdir(u"later"_s));
    write(at(u"later/c.yaml"_s), "a: 1\n");
    QTRY_COMPARE_WITH_TIMEOUT(m_changed->size(), 1, 1000);
    QCOMPARE(m_readable->size(), 1);
    write(at(u"later/c.yaml"_s), "a: 2\n");
    QTRY_COMPARE_WITH_TIMEOUT(m_changed->size(), 2, 1000);
}

QTEST_GUILESS_MAIN(TestFileWatcher)
#include "tst_filewatcher.moc"
