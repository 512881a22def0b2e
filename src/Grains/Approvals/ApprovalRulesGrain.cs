using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Engines.Approvals;
using Steward.Engines.Approvals.People;
using Steward.Engines.Approvals.Rules;
using Steward.Engines.Definitions;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>Owns a tenant's approval rules in versions, and its delegations. Persists: its journal, nothing else. Woken by: admins, people who delegate, servers that bring their copies up to date, and the tenant's watchdog while open requests have not heard of a delegation.</summary>
internal sealed partial class ApprovalRulesGrain : StewardGrain, IApprovalRulesGrain, IDisposable
{
    private const string File = "rules.yaml";
    private const int MaxCommentLength = 2000;
    private const int MaxTold = 20;

    private readonly PastApprovals _past;
    private readonly ApprovalActors _actors;
    private readonly DelegationNews _news;
    private readonly ITenantDirectories _directories;
    private readonly TimeProvider _time;
    private readonly FoldedJournal<ApprovalRulesState> _journal;

    public ApprovalRulesGrain(IJournalStore journals, PastApprovals past, ApprovalActors actors, DelegationNews news, ITenantDirectories directories, TimeProvider time, ILogger<ApprovalRulesGrain> logger)
    {
        _past = past;
        _actors = actors;
        _news = news;
        _logger = logger;
        _directories = directories;
        _time = time;
        _journal = new FoldedJournal<ApprovalRulesState>(journals, this.GetPrimaryKeyString(), ApprovalRulesJson.Default.ApprovalRulesState, time, DeactivateOnIdle);
    }

    private string TenantId => GrainKeys.TenantOf(this.GetPrimaryKeyString());

    private ApprovalRulesState State => _journal.State;

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        await _journal.LoadAsync(cancellationToken);

        // Interleaves, since those who are told look here for what holds.
        _timer = this.RegisterGrainTimer(_ => TellAsync(), new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
        Arm();
    }

    /// <inheritdoc/>
    public async Task<ApprovalRuleSet?> GetRules(int? version = null, CancellationToken cancellationToken = default)
    {
        Require();
        return State.Versions.Find(published => published.Version == (version ?? State.Version)) is { } found ? found.ToRuleSet(await TextOf(found, cancellationToken)) : null;
    }

    /// <inheritdoc/>
    public Task<CurrentRules> ReadCurrent(int knownVersion, long knownDelegations, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return Task.FromResult(new CurrentRules
        {
            Version = State.Version,
            Text = State.Version == knownVersion || State.Version == 0 ? null : State.Text,
            DelegationsVersion = State.DelegationsVersion,
            Delegations = State.DelegationsVersion == knownDelegations ? null : [.. State.Delegations],
        });
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ApprovalRuleSet>> ListVersions(CancellationToken cancellationToken = default)
    {
        Require();
        return Task.FromResult<IReadOnlyList<ApprovalRuleSet>>([.. Enumerable.Reverse(State.Versions).Select(version => version.ToRuleSet(""))]);
    }

    /// <inheritdoc/>
    public Task<RuleSetCheck> Validate(string text, CancellationToken cancellationToken = default)
    {
        Require();
        try
        {
            var read = RuleSetReader.Read(text ?? "", File);
            return Task.FromResult(new RuleSetCheck
            {
                Errors = [],
                Warnings = [.. read.Warnings.Select(warning => new RuleFault { Line = warning.Line, Rule = warning.Rule, Message = warning.Message })],
            });
        }
        catch (DefinitionException e)
        {
            return Task.FromResult(new RuleSetCheck { Errors = [.. e.Errors.Select(error => new RuleFault { Line = error.Line, Message = error.Message })] });
        }
    }

    /// <inheritdoc/>
    public async Task<RuleSimulation> Simulate(SimulateRules command, CancellationToken cancellationToken = default)
    {
        Require();
        if (command.Limit is < 1 or > 5000)
        {
            throw StewardException.Invalid("limit", "must be 1 to 5,000.");
        }

        var after = Read(command.Text, 0);
        var before = State.Version == 0 ? RuleSet.None : RuleSets.Read(State.Text, State.Version);
        var (read, isCut) = (0, false);
        try
        {
            var result = await RuleReplay.RunAsync(before, after, Requests(), _directories.ForTenant(TenantId), cancellationToken);
            return new RuleSimulation
            {
                Tried = result.Tried,
                Different = result.Different,
                IsCut = isCut,
                Differences = [.. result.Differences.Select(Of)],
                Matches = new Dictionary<string, int>(result.Matches, StringComparer.Ordinal),
            };
        }
        catch (DirectoryUnavailableException e)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The directory that the rules look into cannot be reached now.", e) { IsRetryable = true };
        }
        catch (StorageException e)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The lists of approvals cannot be read now.", e) { IsRetryable = true };
        }

        async IAsyncEnumerable<ApprovalRequest> Requests()
        {
            await foreach (var state in _past.ReadAsync(TenantId, command.Since ?? _time.GetUtcNow().AddDays(-30), cancellationToken))
            {
                if (read++ == command.Limit)
                {
                    isCut = true;
                    yield break;
                }

                yield return state.Request;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<ApprovalRuleSet> Publish(PublishRules command, CancellationToken cancellationToken = default)
    {
        Require();
        if (command.Comment is { Length: > MaxCommentLength })
        {
            throw StewardException.Invalid("comment", $"must have at most {MaxCommentLength} characters.");
        }

        Read(command.Text, 0);
        var by = Caller.Required.UserId;
        if (command.ExpectedVersion is { } expected && expected != State.Version)
        {
            // The same call again, because its answer was lost.
            return expected == State.Version - 1 && State.Text == command.Text && State.Versions[^1].By == by
                ? State.Versions[^1].ToRuleSet(State.Text)
                : throw new StewardException(ErrorCodes.Conflict, $"expectedVersion: version {State.Version} holds now.") { Field = "expectedVersion" };
        }

        return await Publish(command.Text, by, command.Comment, null);
    }

    /// <inheritdoc/>
    public async Task<ApprovalRuleSet> RollBack(int version, CancellationToken cancellationToken = default)
    {
        Require();
        if (State.Versions.Find(published => published.Version == version) is not { } found)
        {
            throw StewardException.NotFound("The version");
        }

        // What was a rule set when it was published may be none to a later release.
        var text = await TextOf(found, cancellationToken);
        Read(text, 0);
        return await Publish(text, Caller.Required.UserId, null, version);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _journal.Dispose();
    }

    private static void Require() => Caller.RequireAdmin();

    private static RuleSet Read(string? text, int version)
    {
        try
        {
            return RuleSetReader.Read(text ?? "", File, version);
        }
        catch (DefinitionException e)
        {
            var more = e.Errors.Count > MaxTold ? $" And {e.Errors.Count - MaxTold} more." : "";
            throw StewardException.Invalid("text", string.Join(" ", e.Errors.Take(MaxTold).Select(error => $"Line {error.Line}: {error.Message}")) + more);
        }
    }

    private static RuleDifference Of(ReplayedDifference difference) => new()
    {
        ApprovalId = difference.Request.ApprovalId,
        Summary = difference.Request.Summary,
        RuleBefore = difference.Before.Rule,
        RuleAfter = difference.After.Rule,
        ChainBefore = ChainText.Of(difference.Before.Chain),
        ChainAfter = ChainText.Of(difference.After.Chain),
    };

    private async Task<ApprovalRuleSet> Publish(string text, string by, string? comment, int? rollsBackTo)
    {
        var published = new RulesPublished { Version = State.Version + 1, Text = text, By = by, Comment = comment, RollsBackTo = rollsBackTo };
        await _journal.AppendAsync(ApprovalRulesRecordTypes.Published, published, ApprovalRulesJson.Default.RulesPublished, static () => null);
        return State.Versions[^1].ToRuleSet(State.Text);
    }

    private async Task<string> TextOf(PublishedVersion version, CancellationToken cancellationToken)
    {
        if (version.Version == State.Version)
        {
            return State.Text;
        }

        var entry = await _journal.ReadAsync(version.StandsAt, cancellationToken) ?? throw StewardException.NotFound("The text of the version");
        return System.Text.Json.JsonSerializer.Deserialize(entry.Payload.Span, ApprovalRulesJson.Default.RulesPublished)!.Text;
    }
}
