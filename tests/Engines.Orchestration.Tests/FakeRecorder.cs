namespace Steward.Engines.Orchestration.Tests;

/// <summary>A journal in memory that keeps facts in their serialised form and can die after a number of them.</summary>
internal sealed class FakeRecorder : IRunRecorder
{
    private readonly Lock _gate = new();
    private readonly List<(string Type, byte[] Json, DateTimeOffset At)> _journal;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _contents;

    public FakeRecorder(TimeProvider? time = null, FakeRecorder? before = null)
    {
        _time = time ?? TimeProvider.System;
        _journal = before is null ? [] : [.. before._journal];
        _contents = before is null ? new(StringComparer.Ordinal) : new(before._contents, StringComparer.Ordinal);
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

    /// <summary>Sees every append that is durable, in its order.</summary>
    public Action<IReadOnlyList<RunFact>> OnDurable { get; set; } = _ => { };

    /// <summary>Whether retention has removed all contents.</summary>
    public bool HasLostContents { get; set; }

    public Func<IReadOnlyList<RunFact>, Task> OnRecord { get; set; } = _ => Task.CompletedTask;

    /// <summary>Sees each append with its contents.</summary>
    public Action<IReadOnlyList<RunFact>, IReadOnlyList<RunContent>> OnAppend { get; set; } = (_, _) => { };

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

    /// <summary>The contents by hash.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Contents => _contents;

    /// <summary>Removes the contents, as retention does.</summary>
    public void Forget() => _contents.Clear();

    /// <summary>Removes one content.</summary>
    public void Forget(string hash) => Assert.True(_contents.Remove(hash));

    /// <summary>Runs before a content is given, whatever becomes of who waits for it.</summary>
    public Func<Task> OnLoad { get; set; } = () => Task.CompletedTask;

    public async ValueTask<ReadOnlyMemory<byte>?> LoadContentAsync(string hash, CancellationToken cancellationToken)
    {
        await OnLoad();
        lock (_gate)
        {
            return !HasLostContents && _contents.TryGetValue(hash, out var bytes) ? (ReadOnlyMemory<byte>?)bytes : null;
        }
    }

    public ValueTask RecordAsync(IReadOnlyList<RunFact> facts, CancellationToken cancellationToken) => RecordAsync(facts, [], cancellationToken);

    public async ValueTask RecordAsync(IReadOnlyList<RunFact> facts, IReadOnlyList<RunContent> contents, CancellationToken cancellationToken)
    {
        await OnRecord(facts);
        OnAppend(facts, contents);
        lock (_gate)
        {
            Appends++;
            if (DieAtAppend > 0 && Appends >= DieAtAppend)
            {
                if (DieAfterwards && Appends == DieAtAppend)
                {
                    Store(contents);
                    Append(facts);
                }

                throw new JournalDiedException();
            }

            Store(contents);
            Append(facts);
        }
    }

    /// <summary>Appends what others than the engine record, such as decisions; never dies.</summary>
    public void Note(params IReadOnlyList<RunFact> facts) => Append(facts);

    private void Store(IReadOnlyList<RunContent> contents)
    {
        foreach (var content in contents)
        {
            _contents[content.Hash] = content.Bytes;
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

            OnDurable(facts);
        }
    }
}

internal sealed class JournalDiedException : Exception;
