using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Models.Experiments;
using Steward.Operations;

namespace Steward.Models.Prompts;

/// <summary>Owns one prompt: its versions and which of them answers. Persists: its state. Woken by: admins, and silos that tell how a canary ended.</summary>
internal sealed class PromptGrain([PersistentState("prompt", StorageNames.GrainState)] IPersistentState<PromptState> state, PlatformIdentity platform, TimeProvider time) : StewardGrain, IPromptGrain
{
    private const int MaxVersions = 200;

    private string TenantId => GrainKeys.TenantOf(this.GetPrimaryKeyString());

    private string Name => GrainKeys.LastPart(this.GetPrimaryKeyString())[2..];

    /// <inheritdoc/>
    public async Task<PromptInfo> AddVersion(PromptDraft draft, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        PromptRules.Check(Name, draft);
        if (state.State.Versions is [.., var newest] && newest.Draft.Text == draft.Text && newest.Draft.Variables.SequenceEqual(draft.Variables))
        {
            return Info();
        }

        if (state.State.Versions.Count >= MaxVersions)
        {
            throw new StewardException(ErrorCodes.LimitReached, $"A prompt has at most {MaxVersions} versions.");
        }

        state.State.Versions.Add(new PromptVersion { Version = state.State.Versions.Count + 1, Draft = draft, Author = Caller.Required.UserId, At = time.GetUtcNow() });
        await Write();
        await Publish();
        return Info();
    }

    /// <inheritdoc/>
    public async Task<PromptInfo> Approve(int version, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var found = Find(version);
        if (found.Approver is null)
        {
            var approver = Caller.Required.UserId;
            if (approver == found.Author)
            {
                throw StewardException.Forbidden("A version is approved by somebody else than its author.");
            }

            Set(found with { Approver = approver, Status = PromptStatus.Approved });
            await Write();
        }

        return Info();
    }

    /// <inheritdoc/>
    public async Task<PromptInfo> StartCanary(int version, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var found = Approved(version);
        if (state.State.Live is not { } live || live == version)
        {
            throw new StewardException(ErrorCodes.Conflict, "A version is tried beside another one that is live.");
        }

        if (state.State.Canary is null)
        {
            // The name first, in the state: if the start fails midway, a repetition finds it again.
            state.State.Tries++;
            (state.State.Canary, state.State.CanaryVersion) = ($"prompt-{Name}-v{version}-{state.State.Tries}", version);
            Set(found with { Status = PromptStatus.Canary });
            await Write();
            await Publish();
        }
        else if (state.State.CanaryVersion != version)
        {
            throw new StewardException(ErrorCodes.Conflict, "Another version is tried; wait for its end or roll it back.");
        }

        var spec = new ExperimentSpec
        {
            Type = ExperimentType.Canary,
            Prompt = Name,
            Description = $"Version {version} of the prompt {Name} beside version {live}.",
            Variants = [new ExperimentVariant { Name = $"v{live}", PromptVersion = live }, new ExperimentVariant { Name = $"v{version}", PromptVersion = version }],
        };
        platform.Assume(TenantId);
        var experiment = GrainFactory.GetGrain<IExperimentGrain>(GrainKeys.Experiment(TenantId, state.State.Canary));
        if (await experiment.GetInfo(CancellationToken.None) is null)
        {
            platform.Assume(TenantId);
            await experiment.Start(spec, CancellationToken.None);
        }

        return Info();
    }

    /// <inheritdoc/>
    public async Task<PromptInfo> Publish(int version, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var found = Approved(version);
        if (state.State.Canary is not null)
        {
            throw new StewardException(ErrorCodes.Conflict, "A version is tried; wait for its end or roll it back.");
        }

        if (state.State.Live != version)
        {
            GoLive(found);
            await Write();
        }

        await Publish();
        return Info();
    }

    /// <inheritdoc/>
    public async Task<PromptInfo> RollBack(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (state.State.Canary is { } canary)
        {
            EndCanary(PromptStatus.RolledBack);
            await Write();
            await Publish();
            platform.Assume(TenantId);
            var experiment = GrainFactory.GetGrain<IExperimentGrain>(GrainKeys.Experiment(TenantId, canary));
            if (await experiment.GetInfo(CancellationToken.None) is not null)
            {
                platform.Assume(TenantId);
                await experiment.Stop("The prompt was rolled back.", CancellationToken.None);
            }

            return Info();
        }

        if (state.State.Live is not { } live || state.State.Before.Count == 0)
        {
            throw new StewardException(ErrorCodes.Conflict, "No version answered before this one.");
        }

        var before = state.State.Before[^1];
        state.State.Before.RemoveAt(state.State.Before.Count - 1);
        Set(Find(live) with { Status = PromptStatus.RolledBack });
        Set(Find(before) with { Status = PromptStatus.Live, LiveAt = time.GetUtcNow() });
        state.State.Live = before;
        await Write();
        await Publish();
        return Info();
    }

    /// <inheritdoc/>
    public Task<PromptInfo?> GetInfo(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        return Task.FromResult(state.State.Versions.Count == 0 ? null : Info());
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<PromptLine>> Diff(int from, int to, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        return Task.FromResult(PromptRules.Diff(Find(from).Draft.Text, Find(to).Draft.Text));
    }

    /// <inheritdoc/>
    public Task<string> Preview(int version, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        return Task.FromResult(PromptRules.Render(Find(version).Draft, variables));
    }

    /// <inheritdoc/>
    public async Task SettleCanary(string experiment, bool isPromoted, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (state.State.Canary != experiment)
        {
            return;
        }

        var version = state.State.CanaryVersion;
        EndCanary(isPromoted ? PromptStatus.Approved : PromptStatus.RolledBack);
        if (isPromoted)
        {
            GoLive(Find(version));
        }

        await Write();
        await Publish();
    }

    private PromptVersion Find(int version) =>
        version >= 1 && version <= state.State.Versions.Count ? state.State.Versions[version - 1] : throw StewardException.NotFound("The version");

    private PromptVersion Approved(int version)
    {
        var found = Find(version);
        return found.Approver is not null ? found : throw new StewardException(ErrorCodes.Conflict, "The version waits for somebody's approval.");
    }

    private void Set(PromptVersion version) => state.State.Versions[version.Version - 1] = version;

    private void GoLive(PromptVersion version)
    {
        if (state.State.Live is { } live)
        {
            Set(Find(live) with { Status = PromptStatus.Retired });
            state.State.Before.Add(live);
        }

        Set(version with { Status = PromptStatus.Live, LiveAt = time.GetUtcNow() });
        state.State.Live = version.Version;
    }

    private void EndCanary(PromptStatus status)
    {
        Set(Find(state.State.CanaryVersion) with { Status = status });
        (state.State.Canary, state.State.CanaryVersion) = (null, 0);
    }

    private PromptInfo Info() => new() { Name = Name, Versions = [.. state.State.Versions], Live = state.State.Live, Canary = state.State.Canary };

    private async Task Publish()
    {
        platform.Assume(TenantId);
        var shown = new PublishedPrompt
        {
            Name = Name,
            Live = state.State.Live,
            Versions = [.. state.State.Versions.Where(version => version.Version == state.State.Live || (state.State.Canary is not null && version.Version == state.State.CanaryVersion))],
        };
        await GrainFactory.GetGrain<IPromptIndexGrain>(GrainKeys.Prompts(TenantId)).Put(shown, CancellationToken.None);
    }

    private async Task Write()
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // Memory and store may differ now: the next activation reads what really stands.
            DeactivateOnIdle();
            throw;
        }
    }
}

/// <summary>What a prompt persists.</summary>
[GenerateSerializer]
[Alias("steward.prompt-state")]
internal sealed class PromptState
{
    /// <summary>The versions, oldest first.</summary>
    [Id(0)]
    public List<PromptVersion> Versions { get; set; } = [];

    /// <summary>The version that answers.</summary>
    [Id(1)]
    public int? Live { get; set; }

    /// <summary>Those that answered before, the last one last.</summary>
    [Id(2)]
    public List<int> Before { get; set; } = [];

    /// <summary>The experiment that tries a version.</summary>
    [Id(3)]
    public string? Canary { get; set; }

    /// <summary>The version that is tried; 0 for none.</summary>
    [Id(4)]
    public int CanaryVersion { get; set; }

    /// <summary>How often versions were tried.</summary>
    [Id(5)]
    public int Tries { get; set; }
}
