using System.Collections.Concurrent;
using Steward.Approvals;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Notifications;

namespace Steward.Gateway.Tests;

/// <summary>Approvals in memory, by tenant: whoever is named as approver may decide, once.</summary>
public sealed class FakeApprovals
{
    public const string Boss = "boss@acme.example";

    public ConcurrentDictionary<string, ApprovalView> Views { get; } = new();

    public ConcurrentDictionary<string, ApprovalRuleSet> Rules { get; } = new();

    public ConcurrentDictionary<string, DelegationView> Delegations { get; } = new();

    public ConcurrentQueue<(ListApprovals Query, CallerIdentity By)> Lists { get; } = new();

    public ConcurrentQueue<DecideApproval> Votes { get; } = new();

    /// <summary>Thrown by the second page of an export.</summary>
    public bool BreakExport { get; set; }

    public IApprovalClient Of(CallerIdentity identity, Action fail) => new Client(this, identity, fail);

    public ApprovalView Add(string id, string tenant = "t-acme", string requester = "u-ada", string arguments = """{"user":"ada"}""") => Views[$"{tenant}/{id}"] = new ApprovalView
    {
        ApprovalId = id,
        Status = "pending",
        Request = new SubmitApproval
        {
            Type = "okta",
            Action = "okta.groups.add_user",
            Arguments = arguments,
            Summary = "Add Ada to Payroll",
            Reason = "She changes teams.",
            Requester = new CallerIdentity { TenantId = tenant, UserId = requester, Name = "Ada", Email = "ada@acme.example" },
            RequestedAt = DateTimeOffset.UnixEpoch,
            Preview = """{"adds":1}""",
        },
        SubjectHash = "hash-" + id,
        Route = new ApprovalRoute { RulesVersion = 3, Rule = "payroll", Explanation = "type = 'okta'", LevelCount = 1 },
        Levels = [new ApprovalLevelView { Name = "Manager", State = "open", Required = 1, OpenedAt = DateTimeOffset.UnixEpoch, Approvers = [new ApproverView { Name = "Boss", Email = Boss, UserId = "u-boss", Via = "manager of ada@acme.example" }] }],
        Version = 1,
    };

    private sealed class Client(FakeApprovals all, CallerIdentity identity, Action fail) : IApprovalClient, IApprovalRulesClient
    {
        public IApprovalRulesClient Rules => this;

        private bool IsAdmin => identity.Roles.Contains(WellKnownRoles.Admin);

        public Task<ApprovalView> SubmitAsync(SubmitApproval request, string? operationId = null, CancellationToken cancellationToken = default) => Do(() =>
        {
            var id = $"a-{identity.UserId[2..]}-{operationId}";
            var existing = all.Views.GetValueOrDefault($"{identity.TenantId}/{id}");
            if (existing is not null && existing.Request.Arguments != request.Arguments)
            {
                throw new StewardException(ErrorCodes.Conflict, "There is another request with this id.");
            }

            var view = existing ?? all.Add(id, identity.TenantId, identity.UserId) with { Request = request with { Requester = identity, RequestedAt = DateTimeOffset.UnixEpoch } };
            return all.Views[$"{identity.TenantId}/{id}"] = view;
        });

        public Task<ApprovalView> GetAsync(string approvalId, bool withDeliveries = false, CancellationToken cancellationToken = default) => Do(() => Find(approvalId) with
        {
            Deliveries = withDeliveries
                ? [new NoticeStatus { NoticeId = "n-1", Channel = "slack", Kind = "approval.requested", Recipient = "u-boss", Delivery = "sent", Engagement = "unknown", Attempts = 1, CreatedAt = DateTimeOffset.UnixEpoch, SubjectId = approvalId }]
                : [],
        });

        public Task<IReadOnlyList<ApprovalHistoryEntry>> GetHistoryAsync(string approvalId, CancellationToken cancellationToken = default) => Do<IReadOnlyList<ApprovalHistoryEntry>>(() =>
            [new() { Sequence = 1, Type = "approval.submitted", At = DateTimeOffset.UnixEpoch, Status = Find(approvalId).Status, Actor = "u-ada", Channel = "api" }]);

        public Task<ApprovalPage> ListAsync(ListApprovals query, CancellationToken cancellationToken = default) => Do(() =>
        {
            all.Lists.Enqueue((query, identity));
            return query.View == "all" && !IsAdmin
                ? throw StewardException.Forbidden("Only an admin of the tenant may do this.")
                : new ApprovalPage { Approvals = [.. Mine().Take(query.Limit).Select(Summary)], Next = query.After is null ? "more" : null };
        });

        public Task<ApprovalView> DecideAsync(string approvalId, DecideApproval decision, CancellationToken cancellationToken = default) => Do(() =>
        {
            var view = Find(approvalId);
            all.Votes.Enqueue(decision);
            if (identity.UserId != "u-boss")
            {
                throw StewardException.Forbidden("You are not asked.");
            }

            if (view.EndedAt is not null || view.SubjectHash != decision.SubjectHash)
            {
                throw new StewardException(ErrorCodes.Conflict, view.EndedAt is null ? "This is about something else by now." : "It is over.");
            }

            return Set(view with { Status = decision.Decision == "approve" ? "approved" : "rejected", EndedAt = DateTimeOffset.UnixEpoch, EndReason = decision.Comment });
        });

        public async Task<IReadOnlyList<ApprovalDecisionResult>> DecideAsync(IReadOnlyList<ApprovalDecision> decisions, CancellationToken cancellationToken = default)
        {
            List<ApprovalDecisionResult> results = [];
            foreach (var decision in decisions)
            {
                try
                {
                    results.Add(new ApprovalDecisionResult(decision.ApprovalId, await DecideAsync(decision.ApprovalId, decision.Vote, cancellationToken), null));
                }
                catch (StewardException error)
                {
                    results.Add(new ApprovalDecisionResult(decision.ApprovalId, null, error));
                }
            }

            return results;
        }

        public Task<ApprovalView> DelegateAsync(string approvalId, DelegateApproval delegation, CancellationToken cancellationToken = default) => Do(() =>
        {
            var view = Find(approvalId);
            var approver = view.Levels[0].Approvers[0] with { Delegates = [delegation.To] };
            return delegation.To == "ada@acme.example" ? throw StewardException.Invalid("to", "must not be the requester.") : Set(view with { Levels = [view.Levels[0] with { Approvers = [approver] }] });
        });

        public Task<ApprovalView> CommentAsync(string approvalId, CommentApproval comment, CancellationToken cancellationToken = default) => Do(() =>
        {
            var view = Find(approvalId);
            return view.Comments.Any(old => old.Text == comment.Text + comment.OperationId)
                ? view
                : Set(view with { Comments = [.. view.Comments, new ApprovalComment { By = identity.UserId, At = DateTimeOffset.UnixEpoch, Text = comment.Text + comment.OperationId }] });
        });

        public Task<ApprovalView> CancelAsync(string approvalId, string? reason = null, CancellationToken cancellationToken = default) => Do(() =>
            identity.UserId == Find(approvalId).Request.Requester.UserId || IsAdmin
                ? Set(Find(approvalId) with { Status = "cancelled", EndedAt = DateTimeOffset.UnixEpoch, EndReason = reason })
                : throw StewardException.Forbidden("Only the requester or an admin may do this."));

        public Task<bool> ConsumeAsync(string approvalId, ConsumeApproval use, CancellationToken cancellationToken = default) => Do(() =>
            Find(approvalId).Status == "approved" && Find(approvalId).SubjectHash == use.SubjectHash && use.OperationId == "first");

        public Task<ApprovalExportPage> ExportPageAsync(ExportApprovals query, CancellationToken cancellationToken = default) => Admin(() => query.After is not null && all.BreakExport
            ? throw new StewardException(ErrorCodes.Unavailable, "The cluster cannot be reached now.")
            : new ApprovalExportPage
            {
                Approvals = [.. Mine().Skip(query.After is null ? 0 : 1).Take(1).Select(view => new ApprovalAudit { Approval = Summary(view), History = [] })],
                Next = query.After is null && Mine().Count() > 1 ? "1" : null,
            });

        public Task<ApprovalRuleSet> GetAsync(int? version = null, CancellationToken cancellationToken = default) => Admin(() =>
            Versions().FirstOrDefault(rules => version is null || rules.Version == version) ?? throw StewardException.NotFound("The rule set"));

        public Task<IReadOnlyList<ApprovalRuleSet>> ListVersionsAsync(CancellationToken cancellationToken = default) => Admin<IReadOnlyList<ApprovalRuleSet>>(() => [.. Versions().Select(rules => rules with { Text = "" })]);

        public Task<RuleSetCheck> ValidateAsync(string text, CancellationToken cancellationToken = default) => Admin(() => new RuleSetCheck
        {
            Errors = text.StartsWith("rules:", StringComparison.Ordinal) ? [] : [new RuleFault { Line = 1, Rule = "first", Message = "rules is missing." }],
        });

        public Task<RuleSimulation> SimulateAsync(SimulateRules command, CancellationToken cancellationToken = default) => Admin(() => new RuleSimulation
        {
            Tried = command.Limit,
            Different = 1,
            Differences = [new RuleDifference { ApprovalId = "a-1", Summary = "Add Ada", ChainBefore = "Manager", ChainAfter = "VP", RuleAfter = "new" }],
            Matches = new() { ["new"] = 1, [""] = 2 },
        });

        public Task<ApprovalRuleSet> PublishAsync(PublishRules command, CancellationToken cancellationToken = default) => Admin(() =>
        {
            var holds = Versions().FirstOrDefault()?.Version ?? 0;
            return command.ExpectedVersion is { } expected && expected != holds
                ? throw new StewardException(ErrorCodes.Conflict, $"Version {holds} holds.")
                : Keep(new ApprovalRuleSet { Version = holds + 1, Text = command.Text, By = identity.UserId, At = DateTimeOffset.UnixEpoch, Comment = command.Comment });
        });

        public Task<ApprovalRuleSet> RollBackAsync(int version, CancellationToken cancellationToken = default) => Admin(() =>
            Keep((Versions().FirstOrDefault(rules => rules.Version == version) ?? throw StewardException.NotFound("The version")) with { Version = Versions().First().Version + 1, RollsBackTo = version }));

        public Task<IReadOnlyList<DelegationView>> ListDelegationsAsync(CancellationToken cancellationToken = default) => Do<IReadOnlyList<DelegationView>>(() =>
            [.. all.Delegations.Where(pair => pair.Key.StartsWith(identity.TenantId + "/", StringComparison.Ordinal)).Select(pair => pair.Value).Where(one => IsAdmin || one.From == identity.Email || one.To == identity.Email)]);

        public Task<DelegationView> AddDelegationAsync(DelegationView delegation, CancellationToken cancellationToken = default) => Do(() => delegation.From != identity.Email && !IsAdmin
            ? throw StewardException.Forbidden("Only an admin of the tenant may do this.")
            : all.Delegations[$"{identity.TenantId}/{delegation.DelegationId}"] = delegation with { By = identity.UserId });

        public Task RemoveDelegationAsync(string delegationId, CancellationToken cancellationToken = default) => Do(() => all.Delegations.TryRemove($"{identity.TenantId}/{delegationId}", out _));

        private IEnumerable<ApprovalRuleSet> Versions() => all.Rules.Where(pair => pair.Key.StartsWith(identity.TenantId + "/", StringComparison.Ordinal)).Select(pair => pair.Value).OrderByDescending(rules => rules.Version);

        private ApprovalRuleSet Keep(ApprovalRuleSet rules) => all.Rules[$"{identity.TenantId}/{rules.Version}"] = rules;

        private IEnumerable<ApprovalView> Mine() => all.Views.Where(pair => pair.Key.StartsWith(identity.TenantId + "/", StringComparison.Ordinal)).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value);

        private ApprovalView Find(string id) => all.Views.GetValueOrDefault(GrainKeys.Approval(identity.TenantId, id)) is { } view && (identity.UserId is "u-boss" || IsAdmin || identity.UserId == view.Request.Requester.UserId)
            ? view with { CanDecide = identity.UserId == "u-boss" && view.EndedAt is null }
            : throw StewardException.NotFound("The approval");

        private ApprovalView Set(ApprovalView view) => all.Views[$"{identity.TenantId}/{view.ApprovalId}"] = view with { Version = view.Version + 1 };

        private static ApprovalSummary Summary(ApprovalView view) => new()
        {
            ApprovalId = view.ApprovalId,
            Status = view.Status,
            Type = view.Request.Type,
            Action = view.Request.Action,
            Summary = view.Request.Summary,
            Requester = view.Request.Requester.UserId,
            Risk = view.Request.Risk,
            SubjectHash = view.SubjectHash,
            RequestedAt = view.Request.RequestedAt,
        };

        private Task<T> Admin<T>(Func<T> work) => Do(() => IsAdmin ? work() : throw StewardException.Forbidden("Only an admin of the tenant may do this."));

        private Task<T> Do<T>(Func<T> work)
        {
            fail();
            return Task.FromResult(work());
        }
    }
}
