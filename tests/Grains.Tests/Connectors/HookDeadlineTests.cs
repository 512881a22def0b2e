using Steward.Connectors;
using Steward.Grains.Tests.Notifications;

namespace Steward.Grains.Tests.Connectors;

/// <summary>Senders have an answer before they stop waiting.</summary>
public sealed class HookDeadlineTests
{
    [Theory]
    [InlineData(3000, 2500)]
    [InlineData(10_000, 9500)]
    [InlineData(1000, 800)]
    [InlineData(100, 80)]
    public void PatienceOf_ReplyWithin_LeavesTimeForTheWay(int replyWithin, int patience) =>
        Assert.Equal(TimeSpan.FromMilliseconds(patience), HookDeadline.PatienceOf(TimeSpan.FromMilliseconds(replyWithin)));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(400, 9000)]
    [InlineData(2000, 9000)]
    [InlineData(9000, 9000)]
    [InlineData(400, 300)]
    public void KeepAsync_TwoSteps_NeverTakeLongerThanTheSenderWaits(int first, int second)
    {
        var time = new VirtualTime();
        time.Run(async () =>
        {
            var began = time.GetTimestamp();
            var deadline = new HookDeadline(time);
            var (isInTime, _) = await deadline.KeepAsync(After(first));
            deadline.ReplyWithin(TimeSpan.FromSeconds(1));
            if (isInTime)
            {
                (isInTime, _) = await deadline.KeepAsync(After(second));
            }

            // The first step is under what holds when nobody has said anything; the second under what was said meanwhile, counted from the beginning.
            var elapsed = time.GetElapsedTime(began).TotalMilliseconds;
            Assert.Equal(first + second <= 800, isInTime);
            Assert.InRange(elapsed, 0, Math.Max(800, Math.Min(first, 2500)));
        });

        Task<int> After(int milliseconds) => milliseconds == 0 ? Task.FromResult(1) : Task.Delay(TimeSpan.FromMilliseconds(milliseconds), time).ContinueWith(_ => 1, TaskScheduler.Current);
    }

    [Fact]
    public void KeepAsync_WorkFails_SaysSo()
    {
        var time = new VirtualTime();
        time.Run(() => Assert.ThrowsAsync<InvalidOperationException>(() => new HookDeadline(time).KeepAsync(Task.FromException<int>(new InvalidOperationException()))));
    }
}
