using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Notifications;
using Steward.Testing;

namespace Steward.Client.Tests;

public class InboxWatcherTests
{
    private static readonly StewardClientOptions Options = new() { WatchPatience = TimeSpan.FromMinutes(2) };

    [Fact]
    public void Watch_BreaksAndRepetitionsAnywhere_YieldsEveryItemOnceInOrder()
    {
        // After how many items each subscription breaks off, and how many it repeats from before.
        var faults = Gen.ListOf(Gen.Choose(0, 6).Zip(Gen.Choose(0, 3))).Select(list => list.ToArray());
        Prop.ForAll(Arb.From(Gen.Choose(1, 30).Zip(faults)), input =>
        {
            var (total, broken) = input;
            var subscriptions = 0;

            var seen = ReadAsync(total, (after, token) => Source(after, subscriptions < broken.Length ? broken[subscriptions++] : (int.MaxValue, 0), total, token)).GetAwaiter().GetResult();

            return seen.SequenceEqual(Enumerable.Range(1, total).Select(number => (long)number));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Watch_SourceThatStaysAway_EndsWithUnavailableAfterPatience()
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => ReadAsync(1, (_, _) => throw new SiloUnavailableException("gone")));

        Assert.Equal((ErrorCodes.Unavailable, true), (error.Code, error.IsRetryable));
    }

    [Fact]
    public async Task Watch_RefusalByTheGrain_IsPassedOnAtOnce()
    {
        var subscriptions = 0;
        var error = await Assert.ThrowsAsync<StewardException>(() => ReadAsync(1, (_, _) =>
        {
            subscriptions++;
            throw StewardException.Forbidden("Not your inbox.");
        }));

        Assert.Equal((ErrorCodes.Forbidden, 1), (error.Code, subscriptions));
    }

    private static async Task<List<long>> ReadAsync(int total, Func<long, CancellationToken, IAsyncEnumerable<InboxItem>> subscribe)
    {
        var time = new ManualTimeProvider { SkipsWaits = true };
        var caller = new RetryingCaller(Options, time, () => 0.5, CallFailures.IsTransient, NullLogger.Instance);
        List<long> seen = [];
        await foreach (var item in new InboxWatcher(Options, caller, time, NullLogger.Instance).WatchAsync((after, token) => Guarded(subscribe, after, token), static () => { }, 0, CancellationToken.None))
        {
            seen.Add(item.Sequence);
            if (seen.Count == total)
            {
                break;
            }
        }

        return seen;
    }

    // Grain proxies throw when they are enumerated, not when they are asked.
    private static async IAsyncEnumerable<InboxItem> Guarded(Func<long, CancellationToken, IAsyncEnumerable<InboxItem>> subscribe, long after, [EnumeratorCancellation] CancellationToken token)
    {
        await Task.Yield();
        await foreach (var item in subscribe(after, token))
        {
            yield return item;
        }
    }

    private static async IAsyncEnumerable<InboxItem> Source(long after, (int BreakAfter, int Repeated) fault, int total, [EnumeratorCancellation] CancellationToken token)
    {
        var given = 0;
        for (var sequence = Math.Max(1, after + 1 - fault.Repeated); sequence <= total; sequence++)
        {
            await Task.Yield();
            if (given++ == fault.BreakAfter)
            {
                throw new TimeoutException();
            }

            token.ThrowIfCancellationRequested();
            yield return new InboxItem { Sequence = sequence, NoticeId = "n", Kind = "k", SubjectId = "a-1", Title = "t", Text = "", Data = "{}", At = DateTimeOffset.UnixEpoch };
        }
    }
}
