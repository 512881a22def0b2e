using System.Reflection;
using System.Security.Cryptography;
using Steward.Engines.Triage.Heads;
using Steward.Errors;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage.Learning;

/// <summary>A tenant's triage as its contract says, in memory: what outlives a silo.</summary>
internal sealed class FakeTriage(Mortal mortal)
{
    private readonly Dictionary<string, (TriageHeadInfo Info, byte[] Bytes)> _heads = new(StringComparer.Ordinal);

    public List<TriageLabelEntry> Labels { get; } = [];

    public TriageSettings Settings { get; set; } = new();

    public string? Current { get; private set; }

    public string? Canary { get; private set; }

    public double CanaryShare { get; private set; }

    /// <summary>Each change of what answers for everybody.</summary>
    public List<string?> Takeovers { get; } = [];

    public List<string> Reasons { get; } = [];

    /// <summary>How often labels were read.</summary>
    public int Reads { get; private set; }

    /// <summary>What the base says of a ticket.</summary>
    public Func<TriageTicket, string> Base { get; set; } = _ => "mail";

    public (long Routed, long Said, long Overridden) All { get; set; }

    /// <summary>What answers where no head does.</summary>
    public string BaseVersion { get; set; } = "base:it-topic:1";

    /// <summary>Why heads are refused; null when they are not.</summary>
    public StewardException? Refusal { get; set; }

    /// <summary>As if an earlier release had made it.</summary>
    public void MakeOld(string version) => _heads[version] = _heads[version] with { Info = _heads[version].Info with { IsSplitByText = false, Encoder = null } };

    public void Forget(string version) => _heads.Remove(version);

    public byte[] Bytes(string version) => _heads[version].Bytes;

    public void Fare(string version, long routed, long said, long overridden) =>
        _heads[version] = _heads[version] with { Info = _heads[version].Info with { Routed = routed, Said = said, Overridden = overridden } };

    public void SaidByOne(string version, long said) => _heads[version] = _heads[version] with { Info = _heads[version].Info with { SaidByOne = said } };

    public object Answer(MethodInfo method, object?[] args) => method.Name switch
    {
        nameof(ITriageGrain.GetSettings) => Task.FromResult(Settings),
        nameof(ITriageGrain.ListLabels) => Task.FromResult(Page((long)args[0]!, (int)args[1]!)),
        nameof(ITriageGrain.GetHeads) => Task.FromResult(Heads()),
        nameof(ITriageGrain.ReadHead) => Task.FromResult(_heads.TryGetValue((string)args[0]!, out var head) ? head.Bytes : null),
        nameof(ITriageGrain.AddHead) => Task.FromResult(mortal.Do("add head", () => Add((AddTriageHead)args[0]!))),
        nameof(ITriageGrain.UseHead) => Task.FromResult(mortal.Do("use head", () => Use((UseTriageHead)args[0]!))),
        nameof(ITriageGrain.GetReport) => Task.FromResult(Report()),
        nameof(ITriageGrain.Classify) => Task.FromResult(Decide((TriageTicket)args[0]!)),
        _ => throw new NotSupportedException(method.Name),
    };

    private TriageLabelPage Page(long after, int limit)
    {
        Reads++;
        Assert.InRange(limit, 1, 1000);
        var page = Labels.Where(label => label.Sequence > after).Take(limit).ToList();
        var through = page.Count == 0 ? after : page[^1].Sequence;
        return new TriageLabelPage { Labels = page, ThroughSequence = through, HasMore = Labels.Exists(label => label.Sequence > through) };
    }

    private TriageHeadInfo Add(AddTriageHead command)
    {
        if (Refusal is not null)
        {
            throw Refusal;
        }

        var head = TenantHead.FromBytes(command.Bytes);
        Assert.Equal(head.Dimensions > 0, command.Encoder is not null && command.EncoderModel is not null);
        var version = "head-" + Convert.ToHexStringLower(SHA256.HashData(command.Bytes))[..16];
        if (_heads.TryGetValue(version, out var known))
        {
            return known.Info;
        }

        var info = new TriageHeadInfo
        {
            Version = version,
            AddedAt = default,
            Tickets = command.Tickets,
            Labels = head.Labels.Count,
            ThroughSequence = command.ThroughSequence,
            EncoderModel = command.EncoderModel,
            Encoder = command.Encoder,
            IsSplitByText = command.IsSplitByText,
            AutoRouteAt = command.AutoRouteAt,
            AutoRouteCoverage = command.AutoRouteCoverage,
            AutoRoutePrecision = command.AutoRoutePrecision,
            ReviewAt = command.ReviewAt,
            Accuracy = command.Accuracy,
        };
        _heads[version] = (info, command.Bytes);
        return info;
    }

    private TriageHeads Use(UseTriageHead command)
    {
        Assert.InRange(command.Reason.Length, 1, 500);
        Assert.True(command.Version is null || _heads.ContainsKey(command.Version));
        Assert.False(command.Share < 1 && command.Version == Current);
        if (command.Share >= 1)
        {
            if (Current != command.Version)
            {
                Takeovers.Add(command.Version);
            }

            (Current, Canary, CanaryShare) = (command.Version, null, 0);
        }
        else if (command.Share > 0)
        {
            (Canary, CanaryShare) = (command.Version, command.Share);
        }
        else if (Canary == command.Version)
        {
            (Canary, CanaryShare) = (null, 0);
        }

        Reasons.Add(command.Reason);
        return Heads();
    }

    private TriageHeads Heads() => new() { Current = Current, Canary = Canary, CanaryShare = CanaryShare, Heads = [.. _heads.Values.Select(head => head.Info)], Routed = All.Routed, Overridden = All.Overridden };

    private TriageReport Report() => new()
    {
        From = default,
        To = default,
        Groups = [],
        All = new TriageGroupReport { Label = "*", Decided = All.Routed, AutoRouted = All.Routed, Reviewed = 0, Said = All.Said, Overridden = All.Overridden },
        Labels = Labels.Count,
    };

    private TriageDecision Decide(TriageTicket ticket)
    {
        Assert.Null(ticket.Id);
        return new TriageDecision { Band = TriageBand.Human, Label = Base(ticket), Confidence = 0.5, Top = [], Reasons = [], Similar = [], Version = BaseVersion, DecidedAt = default };
    }
}
