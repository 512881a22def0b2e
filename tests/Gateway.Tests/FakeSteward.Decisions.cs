using System.Collections.Concurrent;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;

namespace Steward.Gateway.Tests;

/// <content>Decisions, dead letters, copies and traces.</content>
public sealed partial class FakeSteward
{
    /// <summary>The options of a message by its operation id.</summary>
    public ConcurrentDictionary<string, RunRequestOptions?> Options { get; } = new();

    /// <summary>The decisions of a run by its key.</summary>
    public ConcurrentDictionary<string, List<RunDecision>> Decisions { get; } = new();

    public ConcurrentQueue<(string UserId, string RunId, MakeDecision Decision)> Decided { get; } = new();

    public ConcurrentDictionary<string, DeadLetter> DeadLetters { get; } = new();

    public ConcurrentQueue<(string RunId, string What)> Settled { get; } = new();

    public static RunDecision Ask(string requestId, params string[] deciders) => new()
    {
        Request = new PendingDecision
        {
            RequestId = requestId,
            Kind = "approval",
            StepId = "reset",
            ActionId = "a-1",
            OperationId = "okta.users.reset_password",
            Summary = "Reset Ada's password?",
            Subject = """{"user":"ada"}""",
            SubjectHash = "hash-1",
            Options = ["approve", "reject"],
            Deciders = deciders,
            RequestedAt = DateTimeOffset.UnixEpoch,
        },
    };

    private sealed partial class FakeUser
    {
        public Task<SessionInfo> ForkSessionAsync(string sourceSessionId, long throughSequence, string? sessionId = null, string? title = null, CancellationToken cancellationToken = default)
        {
            var source = Session(sourceSessionId);
            if (throughSequence < 1 || throughSequence > source.Messages.Count)
            {
                throw StewardException.Invalid("throughSequence", "must be the sequence number of a message.");
            }

            sessionId ??= "s-fork";
            var copy = cluster.Sessions.GetOrAdd(Key(sessionId), _ =>
            {
                var made = new FakeSession(sessionId, title);
                made.Messages.AddRange(source.Messages.Take((int)throughSequence));
                return made;
            });
            return Task.FromResult(copy.Info with { ForkedFrom = sourceSessionId });
        }

        public Task<string> GetRunTraceAsync(string runId, bool includePrompts = false, CancellationToken cancellationToken = default)
        {
            Run(runId);
            return Task.FromResult($$"""{"runId":"{{runId}}","prompts":{{(includePrompts ? "true" : "false")}}}""");
        }

        public Task<IReadOnlyList<RunDecision>> GetDecisionsAsync(string runId, CancellationToken cancellationToken = default)
        {
            Fail();
            return Task.FromResult<IReadOnlyList<RunDecision>>(cluster.Decisions.GetValueOrDefault(GrainKeys.Run(identity.TenantId, runId)) ?? throw StewardException.NotFound("The run"));
        }

        public async Task<RunStatus> DecideAsync(string runId, MakeDecision decision, CancellationToken cancellationToken = default)
        {
            var known = (await GetDecisionsAsync(runId, cancellationToken)).ToList();
            var index = known.FindIndex(candidate => candidate.Request.RequestId == decision.RequestId);
            if (index < 0)
            {
                throw StewardException.NotFound("The request");
            }

            var request = known[index].Request;
            if (!request.Deciders.Any(decider => identity.Roles.Contains(decider.Replace("role:", "", StringComparison.Ordinal))))
            {
                throw StewardException.Forbidden("You are none of those who decide this.");
            }

            if (!request.Options.Contains(decision.Decision))
            {
                throw StewardException.Invalid("decision", "must be approve or reject.");
            }

            if (request.SubjectHash != decision.SubjectHash || !known[index].IsOpen)
            {
                throw new StewardException(ErrorCodes.Conflict, "This was decided before, or is about something else.");
            }

            cluster.Decided.Enqueue((identity.UserId, runId, decision));
            cluster.Decisions[GrainKeys.Run(identity.TenantId, runId)] = [known[index] with { Decision = decision.Decision, By = identity.UserId, Channel = decision.Channel, Comment = decision.Comment }];
            return cluster.Runs[GrainKeys.Run(identity.TenantId, runId)].Status;
        }

        public Task<DeadLetterPage> ListDeadLettersAsync(long afterSequence = 0, int limit = 50, CancellationToken cancellationToken = default)
        {
            RequireAdmin();
            var after = cluster.DeadLetters.Values.Where(letter => letter.Sequence > afterSequence).OrderBy(letter => letter.Sequence).ToList();
            var page = after.Take(limit).ToList();
            return Task.FromResult(new DeadLetterPage { Letters = page, NextAfterSequence = after.Count > page.Count ? page[^1].Sequence : null, Depth = cluster.DeadLetters.Count });
        }

        public Task<DeadLetter> GetDeadLetterAsync(string runId, CancellationToken cancellationToken = default)
        {
            RequireAdmin();
            return Task.FromResult(cluster.DeadLetters.GetValueOrDefault(runId) ?? throw StewardException.NotFound("The dead letter"));
        }

        public async Task<RunStatus> ReplayRunAsync(string runId, int? attempt = null, CancellationToken cancellationToken = default)
        {
            var letter = await GetDeadLetterAsync(runId, cancellationToken);
            if (attempt is { } given && given != letter.Attempt)
            {
                throw new StewardException(ErrorCodes.Conflict, "That attempt is not the last one.");
            }

            cluster.DeadLetters.TryRemove(runId, out _);
            cluster.Settled.Enqueue((runId, "replayed"));
            return cluster.Runs[GrainKeys.Run(identity.TenantId, runId)].Status with { Attempt = letter.Attempt + 1 };
        }

        public async Task<RunStatus> CloseDeadLetterAsync(string runId, string? comment = null, CancellationToken cancellationToken = default)
        {
            await GetDeadLetterAsync(runId, cancellationToken);
            cluster.Settled.Enqueue((runId, $"closed: {comment}"));
            return cluster.Runs[GrainKeys.Run(identity.TenantId, runId)].Status;
        }

        private void RequireAdmin()
        {
            Fail();
            if (!identity.Roles.Contains(WellKnownRoles.Admin))
            {
                throw StewardException.Forbidden("Only an admin may do this.");
            }
        }
    }
}
