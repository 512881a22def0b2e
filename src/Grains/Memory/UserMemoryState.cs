using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Memory.Days;
using Steward.Engines.Memory.Extraction;
using Steward.Engines.Memory.Facts;
using Steward.Engines.Memory.Keeping;
using Steward.Operations;
using Steward.Storage;
using EngineKind = Steward.Engines.Memory.MemoryKind;

namespace Steward.Memory;

/// <summary>What a person's memory holds, folded from its journal. Pure.</summary>
internal sealed partial class UserMemoryState : IFolded
{
    /// <summary>The most memories, with those that do not hold any more; what is said beyond is not kept.</summary>
    public const int MaxFacts = 2000;

    private const int MaxTombstones = 1000;
    private const int MaxOperations = 32;

    private IReadOnlyList<MemoryFact> _stored = [];
    private long _storedNext = 1;
    private FactLedger? _ledger;

    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    /// <summary>The last entry with content that had to go: older entries must not stay. 0 when there was none.</summary>
    public long PurgeDue { get; set; }

    /// <summary>The last entry by which something with content was over: older entries go when the journal is shortened next. 0 when there was none.</summary>
    public long OverThrough { get; set; }

    /// <summary>All memories, also those that do not hold any more.</summary>
    public IReadOnlyList<MemoryFact> Facts { get => Ledger.Facts; set => (_stored, _ledger) = (value, null); }

    /// <summary>The id that the next memory gets.</summary>
    public long Next { get => Ledger.Next; set => (_storedNext, _ledger) = (value, null); }

    /// <summary>What the person wants kept.</summary>
    public MemorySettings Settings { get; set; } = Default;

    /// <summary>After how many days the tenant wants memories of a kind removed, as far as it was told.</summary>
    public Dictionary<MemoryKind, int> TenantRetention { get; set; } = [];

    /// <summary>Since when a kind was not wanted, while it is not or was not: what was said until then is not taken.</summary>
    public Dictionary<MemoryKind, DateTimeOffset> WithdrawnAt { get; set; } = [];

    /// <summary>What is left of what was forgotten, oldest first.</summary>
    public List<Tombstone> Tombstones { get; set; } = [];

    /// <summary>What the tombstones' marks are made with, in base64; null as long as there are none.</summary>
    public string? Salt { get; set; }

    /// <summary>The last erasure.</summary>
    public MemoryErasure? Erasure { get; set; }

    /// <summary>Whether the erasure includes the conversations.</summary>
    public bool ErasesConversations { get; set; }

    /// <summary>Conversations that go with the erasure whatever their times say.</summary>
    public HashSet<string> ErasedWithIt { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The conversations that the erasure has come to.</summary>
    public List<string> ErasedSessions { get; set; } = [];

    /// <summary>The parts of conversations whose contents the erasure has come to.</summary>
    public HashSet<string> ErasedContents { get; set; } = new(StringComparer.Ordinal);

    /// <summary>How many hashes the erasure met whose contents stay, since runs of earlier releases shared them.</summary>
    public int SharedContents { get; set; }

    /// <summary>Whether the erasure has removed the vectors.</summary>
    public bool HasErasedVectors { get; set; }

    /// <summary>How many vectors went before this erasure took the place of one that went on.</summary>
    public int VectorsBefore { get; set; }

    /// <summary>The last forgettings, so that a repetition gets the same answer.</summary>
    public List<ForgetOperation> Operations { get; set; } = [];

    /// <summary>When it is consolidated next; null when there is nothing to come.</summary>
    public DateTimeOffset? ConsolidatesAt { get; set; }

    /// <summary>What was asked for and left open, and what is proposed about it.</summary>
    public AskedRequests Asked { get; set; } = new();

    /// <summary>Counts changes of what can be recalled, in this process.</summary>
    [JsonIgnore]
    public long Version { get; private set; }

    /// <summary>Whether entries that must not stay are still in the journal.</summary>
    [JsonIgnore]
    public bool MustPurge => PurgeDue > PurgedThrough;

    /// <summary>Whether entries are still in the journal that a pass at night does not leave there.</summary>
    [JsonIgnore]
    public bool HasOver => Math.Max(PurgeDue, OverThrough) > PurgedThrough;

    /// <summary>Whether an erasure goes on.</summary>
    [JsonIgnore]
    public bool IsErasing => Erasure is { CompletedAt: null };

    /// <summary>Where the person's day begins; UTC where the memory does not know it.</summary>
    [JsonIgnore]
    public TimeZoneInfo Zone => StatementDates.ZoneOf(Facts.LastOrDefault(fact => fact is { Holds: true, Subject: Statement.Speaker, Slot: "time zone" })?.Value);

    /// <summary>The settings of somebody who has changed none.</summary>
    public static MemorySettings Default { get; } = new()
    {
        Kinds = [.. Enum.GetValues<MemoryKind>().Select(kind => new MemoryKindSettings { Kind = kind, IsKept = kind != MemoryKind.Pattern })],
        SharePatterns = false,
    };

    /// <summary>The settings of somebody whose own are lost.</summary>
    public static MemorySettings NothingKept { get; } = Default with { Kinds = [.. Default.Kinds.Select(kind => kind with { IsKept = false })] };

    private FactLedger Ledger => _ledger ??= new FactLedger(_stored, _storedNext);

    /// <summary>Whether a kind may be kept.</summary>
    public bool Keeps(MemoryKind kind) => Settings.Kinds.FirstOrDefault(setting => setting.Kind == kind) is { IsKept: true };

    /// <summary>A memory, or null.</summary>
    public MemoryFact? Find(long id) => Facts.FirstOrDefault(fact => fact.Id == id);

    /// <summary>A memory with all that it superseded.</summary>
    public IReadOnlyList<MemoryFact> WithHistory(long id) => Ledger.WithHistory(id);

    /// <summary>What holds longer when memories are forgotten that are to take its place.</summary>
    public IEnumerable<ContinuedFact> Continuing(IReadOnlySet<long> forgotten, DateTimeOffset now) =>
        Ledger.Continuing(forgotten, now).Select(static continued => new ContinuedFact(continued.Id, continued.By, continued.Until));

    /// <summary>Whether something that was said may be taken: not when it was forgotten, withdrawn or erased since.</summary>
    public bool Takes(MemoryStatement statement, DateTimeOffset saidAt) =>
        Takes(statement.Kind, saidAt)
        && (Erasure is null || saidAt > Erasure.RequestedAt)
        && (Tombstones.Count == 0 || !IsForgotten(statement, saidAt));

    /// <summary>Whether a kind may be kept that was said at a time: not when it was switched off then, or since.</summary>
    public bool Takes(MemoryKind kind, DateTimeOffset saidAt) => Keeps(kind) && (!WithdrawnAt.TryGetValue(kind, out var withdrawn) || saidAt > withdrawn);

    /// <inheritdoc/>
    public void Apply(JournalEntry entry)
    {
        if (entry.Payload.IsEmpty)
        {
            return;
        }

        Version++;
        var json = entry.Payload.Span;
        switch (entry.Type)
        {
            case MemoryRecordTypes.Noted:
                Note(JsonSerializer.Deserialize(json, MemoryJson.Default.MemoryNoted)!, entry.At);
                break;
            case MemoryRecordTypes.Used:
                Ledger.Use(JsonSerializer.Deserialize(json, MemoryJson.Default.MemoryUsed)!.Ids, entry.At);
                break;
            case MemoryRecordTypes.Corrected:
                var corrected = JsonSerializer.Deserialize(json, MemoryJson.Default.MemoryCorrected)!;
                Ledger.Correct(corrected.Id, corrected.Value, corrected.OperationId, entry.At, corrected.HoldsFrom);
                break;
            case MemoryRecordTypes.Restored:
                Ledger.Undo(JsonSerializer.Deserialize(json, MemoryJson.Default.MemoryRestored)!.Id, entry.At);
                break;
            case MemoryRecordTypes.Forgotten:
                Forget(JsonSerializer.Deserialize(json, MemoryJson.Default.MemoriesForgotten)!, entry);
                break;
            case MemoryRecordTypes.Settings:
                Set(JsonSerializer.Deserialize(json, MemoryJson.Default.MemorySettingsSet)!, entry);
                break;
            case MemoryRecordTypes.TenantRules:
                TenantRetention = new Dictionary<MemoryKind, int>(JsonSerializer.Deserialize(json, MemoryJson.Default.MemoryTenantRules)!.RetentionDays);
                break;
            case MemoryRecordTypes.Consolidated:
                Consolidate(JsonSerializer.Deserialize(json, MemoryJson.Default.MemoriesConsolidated)!, entry);
                break;
            case MemoryRecordTypes.Requested:
                Letting(Asked.Take(JsonSerializer.Deserialize(json, MemoryJson.Default.MemoryRequested)!, entry.At, Keeps(MemoryKind.Pattern), Keeps(MemoryKind.Interaction)), entry);
                ConsolidatesAt = ConsolidatesAt is { } at && at < NextNight(entry.At) ? at : NextNight(entry.At);
                break;
            case MemoryRecordTypes.ProposalDecided:
                Decide(JsonSerializer.Deserialize(json, MemoryJson.Default.MemoryProposalDecided)!, entry);
                break;
            case MemoryRecordTypes.Shared:
                Asked.IsShared = JsonSerializer.Deserialize(json, MemoryJson.Default.MemoryShared)!.IsShared;
                break;
            default:
                ApplyErasure(entry);
                break;
        }
    }

    private void Note(MemoryNoted noted, DateTimeOffset recordedAt)
    {
        foreach (var said in noted.Statements)
        {
            if (Takes(said, noted.SaidAt) && (said.IsRetraction || Facts.Count < MaxFacts))
            {
                var statement = new Statement
                {
                    Kind = (EngineKind)said.Kind,
                    Subject = said.Subject,
                    Slot = said.Slot,
                    Value = said.Value,
                    IsRetraction = said.IsRetraction,
                    Confidence = said.Confidence,
                    From = said.ValidFrom,
                };
                Ledger.Apply(statement, noted.MessageId, (FactSource)noted.Source, noted.SaidAt, recordedAt);
            }
        }

        ConsolidatesAt ??= NextNight(recordedAt);
    }

    private void Forget(MemoriesForgotten forgotten, JournalEntry entry)
    {
        var count = Remove(forgotten.Ids, entry.Sequence);
        foreach (var continued in forgotten.Continued ?? [])
        {
            Ledger.Continue(continued.Id, continued.By, continued.Until);
        }

        Salt = forgotten.Salt;
        Tombstones.AddRange(forgotten.Tombstones);
        Tombstones.RemoveRange(0, Math.Max(0, Tombstones.Count - MaxTombstones));
        Operations.Add(new ForgetOperation(forgotten.OperationId, count, entry.At));
        Operations.RemoveRange(0, Math.Max(0, Operations.Count - MaxOperations));
    }

    private void Set(MemorySettingsSet set, JournalEntry entry)
    {
        var settings = set.Settings;
        foreach (var kind in settings.Kinds.Where(setting => set.TakesFromNow && setting.IsKept && !Keeps(setting.Kind)).Select(setting => setting.Kind))
        {
            WithdrawnAt[kind] = entry.At;
        }

        Settings = settings;
        foreach (var kind in settings.Kinds.Where(setting => !setting.IsKept).Select(setting => setting.Kind))
        {
            WithdrawnAt[kind] = entry.At;
            Remove(Facts.Where(fact => fact.Kind == (EngineKind)kind).Select(fact => fact.Id), entry.Sequence);
        }

        RemoveAsked(!Keeps(MemoryKind.Pattern), !Keeps(MemoryKind.Interaction), entry.Sequence);
        ConsolidatesAt = Facts.Count > 0 || Asked.HasAny ? NextNight(entry.At) : null;
    }

    private void Consolidate(MemoriesConsolidated consolidated, JournalEntry entry)
    {
        foreach (var merged in consolidated.Merged)
        {
            Ledger.Merge(merged.Into, merged.From);
        }

        Remove(consolidated.Removed.Select(fact => fact.Id), entry.Sequence);
        if (consolidated.Expired is { } expired && Asked.Remove(expired))
        {
            PurgeDue = entry.Sequence;
        }

        Letting(Asked.Raise(consolidated.Proposed ?? [], entry.At), entry);
        ConsolidatesAt = consolidated.NextAt;
    }

    private int Remove(IEnumerable<long> ids, long sequence)
    {
        var count = ids.ToList().Count(Ledger.Forget);
        PurgeDue = count > 0 ? sequence : PurgeDue;
        return count;
    }

    private bool IsForgotten(MemoryStatement statement, DateTimeOffset saidAt)
    {
        var salt = Convert.FromBase64String(Salt!);
        var (mark, same) = (Tombstone.MarkOf(salt, statement.Subject, statement.Slot, statement.Value), Tombstone.SameMarkOf(salt, statement.Subject, statement.Slot, statement.Value));
        return Tombstones.Exists(stone => saidAt <= stone.At && stone.IsOf(mark, same));
    }

    /// <summary>Two in the morning of the next day, UTC.</summary>
    internal static DateTimeOffset NextNight(DateTimeOffset now) => new(now.UtcDateTime.Date.AddDays(1).AddHours(2), TimeSpan.Zero);
}

/// <summary>A forgetting that was done.</summary>
internal sealed record ForgetOperation(string OperationId, int Count, DateTimeOffset At);
