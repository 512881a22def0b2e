using Steward.Engines.Notifications;
using Steward.Notifications;
using Steward.Storage;

namespace Steward.Grains.Tests.Notifications;

/// <summary>Queues under random faults of channels and store, random losses of silos and random notices: what must hold whatever happens.</summary>
public sealed class ChannelQueueModelTests
{
    private static readonly string[] Names = ["slack", "teams", "email"];
    private static readonly string[] Kinds = [NoticeKinds.ApprovalRequested, NoticeKinds.ApprovalReminder, NoticeKinds.ApprovalComment, NoticeKinds.ApprovalClosed, NoticeKinds.ApprovalResult];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void AnyFaults_NothingIsLostNothingIsRepeatedAndThreadsKeepTheirOrder(int seed)
    {
        var random = new Random(seed);
        var rig = new QueueRig(seed, Names) { PerSecond = random.Next(5, 50) };
        rig.Options.Window = random.Next(10, 200);
        rig.Options.Parallel = random.Next(1, 20);
        var isCalm = false;
        var losses = 0;
        rig.Channels["slack"].Traits = rig.Slack.Traits with { HasKey = true };
        foreach (var channel in rig.Channels.Values)
        {
            channel.Takes = () => TimeSpan.FromMilliseconds(random.Next(0, 120));
            channel.Answer = message => isCalm ? null : random.NextDouble() switch
            {
                < 0.12 => new SendResult { Outcome = SendOutcome.FailedForNow },
                < 0.14 => new SendResult { Outcome = SendOutcome.FailedForNow, RetryAfter = TimeSpan.FromSeconds(random.Next(1, 5)) },
                < 0.17 when channel.Traits.HasKey => new SendResult { Outcome = SendOutcome.Unknown },
                < 0.20 => new SendResult { Outcome = SendOutcome.Undeliverable },
                _ => null,
            };
        }

        rig.Table.Before = name => Trouble(0.03);
        rig.Table.After = name => Trouble(0.03);
        var told = new HashSet<string>();
        rig.Time.Run(async () =>
        {
            for (var step = 0; step < 150; step++)
            {
                if (random.NextDouble() < 0.03)
                {
                    rig.Lose(Names[random.Next(Names.Length)]);
                    losses++;
                }
                else
                {
                    var id = $"n-{step}";
                    var notice = rig.Notice(id, $"t-{random.Next(25)}", Kinds[random.Next(Kinds.Length)]);
                    await TellAsync(notice);
                    if (random.NextDouble() < 0.1)
                    {
                        await TellAsync(notice);
                    }

                    told.Add(id);
                }

                await rig.Time.Wait(random.NextDouble() * 0.4);
            }

            await rig.Time.Wait(30);
            isCalm = true;
            foreach (var name in Names)
            {
                rig.Lose(name);
                losses++;
                rig.Queue(name);
            }

            await rig.Time.Until(() => rig.Table.Rows.All(row => !row.IsOpen), 7200);
            await rig.Time.Wait(10);
        });

        Assert.Equal(told.Count, rig.Table.Rows.Select(row => row.NoticeId).Distinct().Count());
        foreach (var notice in rig.Table.Rows.GroupBy(row => row.NoticeId))
        {
            // Told, or not worth it any more, or refused by every channel: nothing else can become of a notice.
            Assert.True(notice.Any(row => row.Delivery is "sent" or "delivered" or "skipped" || row.IsDead || (row.Delivery == "unknown")), $"{notice.Key} was lost");
            Assert.All(notice.Where(row => row.Delivery == "sent"), row => Assert.Contains(rig.Channels[row.Channel].Effects, effect => effect.NoticeId == row.NoticeId));
        }

        var repeated = rig.Channels.Values.Sum(channel => channel.Effects.GroupBy(effect => effect.NoticeId).Sum(group => group.Count() - 1));
        Assert.True(rig.Slack.Effects.GroupBy(effect => effect.NoticeId).All(group => group.Count() == 1), "a channel that takes keys showed something twice");
        Assert.True(repeated <= losses * rig.Options.Parallel, $"{repeated} repetitions for {losses} losses");
        foreach (var channel in rig.Channels.Values)
        {
            var places = rig.Table.Rows.Where(row => row.Channel == channel.Channel).ToDictionary(row => row.NoticeId, row => row.Number);
            foreach (var thread in channel.Effects.DistinctBy(effect => effect.NoticeId).GroupBy(effect => effect.ThreadId))
            {
                var order = thread.Select(effect => places[effect.NoticeId]).ToList();
                Assert.Equal(order.Order(), order);
            }
        }

        async Task Trouble(double share)
        {
            await rig.Time.Wait(0.005);
            if (!isCalm && random.NextDouble() < share)
            {
                throw new StorageException("The store is not there.") { IsRetryable = true, OutcomeUnknown = true };
            }
        }

        async Task TellAsync(Notice notice)
        {
            while (true)
            {
                try
                {
                    await rig.EnqueueAsync(notice, next: ["teams", "email"]);
                    return;
                }
                catch (Exception exception) when (exception is StorageException or TimeoutException)
                {
                    // Whoever tells goes on until it stands.
                    await rig.Time.Wait(0.1);
                }
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void NoLoss_RandomFaults_NothingIsShownTwiceAnywhere(int seed)
    {
        var random = new Random(seed);
        var rig = new QueueRig(seed, Names) { PerSecond = 50 };
        foreach (var channel in rig.Channels.Values)
        {
            channel.Answer = _ => random.NextDouble() < 0.2 ? new SendResult { Outcome = SendOutcome.FailedForNow } : null;
            channel.Takes = () => TimeSpan.FromMilliseconds(random.Next(0, 80));
        }

        rig.Table.Before = _ => rig.Time.Wait(0.003);
        rig.Time.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                await rig.EnqueueAsync(rig.Notice(), next: ["teams", "email"]);
            }

            await rig.Time.Until(() => rig.Table.Rows.All(row => !row.IsOpen), 7200);
        });

        Assert.Equal(500, rig.Channels.Values.Sum(channel => channel.Effects.Count));
        Assert.All(rig.Channels.Values, channel => Assert.Equal(channel.Effects.Count, channel.Effects.DistinctBy(effect => effect.NoticeId).Count()));
    }
}
