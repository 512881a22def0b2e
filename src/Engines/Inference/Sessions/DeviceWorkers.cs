using Microsoft.Extensions.Logging;
using Steward.Engines.Inference.Batching;
using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference.Sessions;

/// <summary>Threads of our own that run what the scheduler hands out. A run blocks its thread, which is why it may be none of the pool's.</summary>
internal sealed partial class DeviceWorkers : IDisposable
{
    private readonly object _gate = new();
    private readonly BatchScheduler _scheduler;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _origin;
    private readonly Thread[] _threads;
    private bool _isStarted;
    private bool _isStopping;

    public DeviceWorkers(SchedulerLimits limits, TimeProvider time, ILogger logger)
    {
        (_scheduler, _time, _logger, _origin) = (new BatchScheduler(limits), time, logger, time.GetTimestamp());
        _threads = [.. Enumerable.Range(0, limits.Workers).Select(index => new Thread(Work) { IsBackground = true, Name = $"inference-{index}" })];
    }

    /// <summary>Starts the threads. Each makes native memory of its own at once: without the native library there is nothing to start, and an exception on a thread of ours would end the process.</summary>
    public void Start()
    {
        Array.ForEach(_threads, thread => thread.Start());
        _isStarted = true;
    }

    /// <summary>The clock of deadlines here.</summary>
    public TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Texts that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _scheduler.Count(InferenceLane.Interactive) + _scheduler.Count(InferenceLane.Background);
            }
        }
    }

    public BatchQueue AddQueue(BatchPolicy policy, LoadedModel owner)
    {
        lock (_gate)
        {
            return _scheduler.AddQueue(policy, owner);
        }
    }

    public void RemoveQueue(BatchQueue queue)
    {
        lock (_gate)
        {
            _scheduler.RemoveQueue(queue);
        }
    }

    /// <summary>Why a text would be refused before it is looked at, or null.</summary>
    public Admission? FindRefusal(InferenceLane lane, TimeSpan? deadline)
    {
        lock (_gate)
        {
            return _scheduler.FindRefusal(lane, deadline, Now);
        }
    }

    /// <summary>Takes a text in. What is refused is not ended here.</summary>
    public Admission Submit(BatchQueue queue, InferenceWork work)
    {
        lock (_gate)
        {
            if (_isStopping || !_isStarted)
            {
                return new Admission(AdmissionOutcome.Full, TimeSpan.Zero);
            }

            var admission = _scheduler.Admit(queue, work, Now);
            if (admission.Outcome == AdmissionOutcome.Admitted)
            {
                Monitor.Pulse(_gate);
            }

            return admission;
        }
    }

    /// <summary>Takes a text back: at once when it waits; a run that nobody wants any more is ended, unless it shows how long such runs take by now.</summary>
    public void Withdraw(InferenceWork work)
    {
        bool waited;
        lock (_gate)
        {
            var batch = work.Batch;
            waited = BatchScheduler.Withdraw(work, Now);
            if (!waited && batch is { MayEnd: true } && work.State == WorkState.Unwanted)
            {
                batch.Terminate?.Invoke();
            }
        }

        if (waited)
        {
            work.End(WorkOutcome.Withdrawn);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.PulseAll(_gate);
        }

        if (!_isStarted)
        {
            return;
        }

        foreach (var thread in _threads)
        {
            thread.Join();
        }
    }

    private void Work()
    {
        using var buffers = new WorkerBuffers();
        var batch = new Batch();
        batch.Terminate = () => buffers.Options.Terminate = true;
        while (Take(batch))
        {
            foreach (var expired in batch.Expired)
            {
                ((InferenceWork)expired).End(WorkOutcome.Late);
            }

            if (batch.Items.Count > 0)
            {
                Run(batch, buffers);
            }
        }
    }

    private bool Take(Batch batch)
    {
        lock (_gate)
        {
            while (true)
            {
                if (_scheduler.TryTake(batch, Now, out var wait))
                {
                    return true;
                }

                if (batch.Expired.Count > 0)
                {
                    return true;
                }

                // What waits when the process ends is still answered, what waits for company too.
                if (_isStopping && wait is null)
                {
                    return false;
                }

                if (wait is { } patience)
                {
                    Monitor.Wait(_gate, patience < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : patience);
                }
                else
                {
                    Monitor.Wait(_gate);
                }
            }
        }
    }

    private void Run(Batch batch, WorkerBuffers buffers)
    {
        var model = (LoadedModel)batch.Queue!.Owner;
        var began = Now;
        Diagnostics.RecordBatch(model, batch, began);
        var outcome = WorkOutcome.Done;
        try
        {
            model.Session.Run(batch, buffers);
        }
        catch (Exception e)
        {
            // Whatever it is: the thread goes on with the next batch.
            outcome = WorkOutcome.Failed;
            if (batch.Wanted > 0)
            {
                LogRunFailed(model.Manifest.Name, model.Manifest.Version, batch.Items.Count, batch.MaxLength, e.Message);
            }
        }

        var took = Now - began;
        lock (_gate)
        {
            BatchScheduler.End(batch, outcome == WorkOutcome.Done ? took : null, began + took);
            buffers.Options.Terminate = false;
        }

        Diagnostics.RecordRun(model, batch, took, outcome);
        foreach (var work in batch.Items)
        {
            ((InferenceWork)work).End(work.State == WorkState.Unwanted ? WorkOutcome.Withdrawn : outcome);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A run of the model {Model} {Version} with {Texts} texts of up to {Tokens} tokens failed: {Error}")]
    private partial void LogRunFailed(string model, string version, int texts, int tokens, string error);
}
