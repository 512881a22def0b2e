using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;

namespace Steward.Triage;

/// <summary>
/// Where this silo trains: one training at a time, on a thread of its own that gets what processor time others leave, and that stands still between two steps as long as the silo is busy. Neither grains' nor the pool's threads are used.
/// </summary>
internal sealed class TrainingRoom(ITrainingLoad load, IOptions<TriageLearningOptions> options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    private readonly SemaphoreSlim _place = new(1, 1);
    private readonly SemaphoreSlim _labels = new(1, 1);

    /// <summary>Works when it is its turn.</summary>
    /// <param name="work">What to do; given what it has to call between its steps.</param>
    /// <param name="cancellationToken">Stops waiting, pausing and, where the work looks at it, working.</param>
    public Task<T> RunAsync<T>(Func<Action, T> work, CancellationToken cancellationToken) =>
        RunAsync(static () => Task.FromResult(0), (_, pause) => work(pause), cancellationToken);

    /// <summary>Reads when it is its turn, and works on what was read: of what a work needs, the silo holds one at a time.</summary>
    /// <param name="read">Reads; where it was called, and not on the thread of the work.</param>
    /// <param name="work">What to do with what was read; given what it has to call between its steps.</param>
    /// <param name="cancellationToken">Stops waiting, pausing and, where they look at it, reading and working.</param>
    public async Task<T> RunAsync<TRead, T>(Func<Task<TRead>> read, Func<TRead, Action, T> work, CancellationToken cancellationToken)
    {
        await _place.WaitAsync(cancellationToken);
        try
        {
            var known = await read();
            var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            var thread = new Thread(() =>
            {
                try
                {
                    Thread.CurrentThread.Priority = ThreadPriority.Lowest;
                    GiveWay();
                    done.SetResult(work(known, Pause));
                }
                catch (OperationCanceledException exception)
                {
                    done.SetCanceled(exception.CancellationToken);
                }
#pragma warning disable CA1031 // It belongs to whoever waits for the work.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    done.SetException(exception);
                }
            })
            {
                IsBackground = true,
                Name = "Steward training",
            };
            thread.UnsafeStart();
            return await done.Task;
        }
        finally
        {
            _place.Release();
        }

        void Pause()
        {
            cancellationToken.ThrowIfCancellationRequested();
            var began = time.GetTimestamp();
            while (load.IsBusy && time.GetElapsedTime(began) < options.Value.LongestPause)
            {
                cancellationToken.WaitHandle.WaitOne(LookEvery);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Waits for the right to hold a tenant's labels, which take memory: until the right is disposed of, no other tenant's are read on this silo. Whoever works with it may wait for the room; whoever is in the room does not wait for it.</summary>
    public async Task<IDisposable> HoldLabelsAsync(CancellationToken cancellationToken)
    {
        await _labels.WaitAsync(cancellationToken);
        return new Held(_labels);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _place.Dispose();
        _labels.Dispose();
    }

    // .NET sets no priority of threads on Linux. There, what setpriority(2) says of the calling "process" holds for the calling thread.
    private static void GiveWay()
    {
        if (OperatingSystem.IsLinux())
        {
            const int Process = 0;
            const int Nicest = 19;
            _ = SetPriority(Process, 0, Nicest);
        }
    }

    private sealed class Held(SemaphoreSlim labels) : IDisposable
    {
        private SemaphoreSlim? _labels = labels;

        public void Dispose() => Interlocked.Exchange(ref _labels, null)?.Release();
    }

    [DllImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetPriority(int which, uint who, int priority);
}
