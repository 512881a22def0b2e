namespace Steward.Engines.Orchestration.Tests;

/// <summary>A journal in memory that keeps facts in their serialised form and can die after a number of them.</summary>
internal sealed class FakeRecorder : IRunRecorder
{
    private readonly Lock _gate = new();
    private readonly List<(string Type, byte[] Json, DateTimeOffset At)> _journal;
    private readonly TimeProvider _time;

    public FakeRecorder(TimeProvider? time = null, FakeRecorder? before = null)
    {
        _time = time ?? TimeProvider.System;
        _journal = before is null ? [] : [.. before._journal];
        Snapshot = new RunSnapshot();
        foreach (var (type, json, at) in _journal)
        {
            Snapshot.Apply(RunFacts.Deserialize(type, json), at);
        }
    }

    public RunSnapshot Snapshot { get; }

    /// <summary>The append that dies, from 1; 0 never.</summary>
    public int DieAtAppend { get; set; }

    /// <summary>Whether the dying append is durable although the caller never learns of it.</summary>
    public bool DieAfterwards { get; set; }

    public int Appends { get; private set; }

    public Func<IReadOnlyList<RunFact>, Task> OnRecord { get; set; } = _ => Task.CompletedTask;

    public IReadOnlyList<RunFact> Facts
    {
        get
        {
            lock (_gate)
            {
                return [.. _journal.Select(entry => RunFacts.Deserialize(entry.Type, entry.Json))];
            }
        }
    }

    public IReadOnlyList<string> Types => [.. Facts.Select(fact => fact.Type)];

    public static FakeRecorder For(RunInput input, TimeProvider? time = null)
    {
        var recorder = new FakeRecorder(time);
        recorder.Append([new RunRequested { Input = input }]);
        return recorder;
    }

    public async ValueTask RecordAsync(IReadOnlyList<RunFact> facts, CancellationToken cancellationToken)
    {
        await OnRecord(facts);
        lock (_gate)
        {
            Appends++;
            if (DieAtAppend > 0 && Appends >= DieAtAppend)
            {
                if (DieAfterwards && Appends == DieAtAppend)
                {
                    Append(facts);
                }

                throw new JournalDiedException();
            }

            Append(facts);
        }
    }

    private void Append(IReadOnlyList<RunFact> facts)
    {
        lock (_gate)
        {
            foreach (var fact in facts)
            {
                var (type, json) = RunFacts.Serialize(fact);
                var at = _time.GetUtcNow();
                _journal.Add((type, json, at));
                Snapshot.Apply(RunFacts.Deserialize(type, json), at);
            }
        }
    }
}

internal sealed class JournalDiedException : Exception;
