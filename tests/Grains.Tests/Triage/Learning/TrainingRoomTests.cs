using Microsoft.Extensions.Options;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage.Learning;

public sealed class TrainingRoomTests : IDisposable
{
    private readonly SwitchedLoad _load = new();
    private readonly TrainingRoom _room;

    public TrainingRoomTests() => _room = new TrainingRoom(_load, Options.Create(new TriageLearningOptions()), TimeProvider.System);

    [Fact]
    public async Task Run_Several_WorkOneAfterTheOtherOnThreadsOfTheirOwn()
    {
        var (atWork, most, pooled) = (0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _room.RunAsync(
            _ =>
            {
                most = Math.Max(most, Interlocked.Increment(ref atWork));
                pooled += Thread.CurrentThread.IsThreadPoolThread ? 1 : 0;
                Thread.SpinWait(100_000);
                return Interlocked.Decrement(ref atWork);
            },
            default)));

        Assert.Equal((1, 0), (most, pooled));
    }

    [Fact]
    public async Task Run_SiloIsBusy_StandsStillUntilItIsNot()
    {
        _load.IsBusy = true;
        var work = _room.RunAsync(
            pause =>
            {
                pause();
                return !_load.IsBusy;
            },
            default);
        await _load.Asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(work.IsCompleted);
        _load.IsBusy = false;

        Assert.True(await work.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Run_CancelledWhileItStandsStill_LeavesTheRoom()
    {
        _load.IsBusy = true;
        using var cancelled = new CancellationTokenSource();
        var work = _room.RunAsync(
            pause =>
            {
                pause();
                return true;
            },
            cancelled.Token);
        await _load.Asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(1, await _room.RunAsync(_ => 1, default).WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Run_WorkFails_TellsAndLeavesTheRoom()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _room.RunAsync<int>(_ => throw new InvalidOperationException("no"), default));

        Assert.Equal(1, await _room.RunAsync(_ => 1, default));
    }

    public void Dispose() => _room.Dispose();

    private sealed class SwitchedLoad : ITrainingLoad
    {
        private volatile bool _isBusy;

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsBusy
        {
            get
            {
                Asked.TrySetResult();
                return _isBusy;
            }

            set => _isBusy = value;
        }
    }
}
