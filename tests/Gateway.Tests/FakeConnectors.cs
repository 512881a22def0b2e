using System.Collections.Concurrent;
using Steward.Client;
using Steward.Connectors;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Gateway.Tests;

/// <summary>Connectors as the gateway sees them, without a cluster.</summary>
public sealed class FakeConnectors
{
    public ConcurrentDictionary<string, ConnectorInfo> Instances { get; } = new(StringComparer.Ordinal);

    /// <summary>The operations of instances that have other ones than most.</summary>
    public ConcurrentDictionary<string, IReadOnlyList<ConnectorTool>> Operations { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<ConnectorCallCommand> Calls { get; } = new();

    public ConcurrentDictionary<string, string> Secrets { get; } = new(StringComparer.Ordinal);

    public ConnectorCallResult Answer { get; set; } = new() { Outcome = "succeeded", ResultJson = """{"items":[]}""" };

    internal IConnectorClient Of(CallerIdentity identity, Action fail) => new Client(this, identity, fail);

    private sealed class Client(FakeConnectors all, CallerIdentity identity, Action fail) : IConnectorClient
    {
        public Task<IReadOnlyList<ConnectorTemplateInfo>> ListTemplatesAsync(string? query = null, CancellationToken cancellationToken = default) =>
            Do<IReadOnlyList<ConnectorTemplateInfo>>(() => [new() { TemplateId = "okta", Version = "1.0.0", Name = "Okta", Description = query ?? "all", Depth = "deep" }]);

        public Task<ConnectorTemplateText> GetTemplateAsync(string templateId, CancellationToken cancellationToken = default) =>
            Do(() => templateId == "okta" ? new ConnectorTemplateText { TemplateId = templateId, Hash = "00", Text = "id: okta" } : throw StewardException.NotFound("The template"));

        public Task<ConnectorTemplateDraft> ImportTemplateAsync(string document, IReadOnlyList<string>? operations = null, CancellationToken cancellationToken = default) =>
            Admin(() => new ConnectorTemplateDraft { Text = document, Operations = operations?.Count ?? 1, Gaps = ["limits"], Warnings = operations ?? [] });

        public Task<SpecificationComparison> CompareSpecificationsAsync(string before, string after, string? name = null, CancellationToken cancellationToken = default) => Admin(() => new SpecificationComparison
        {
            Breaking = before != after, Removed = [before], RemovedCount = 1, AddedCount = after.Length,
            Changed = [new() { Operation = "GET /users", Breaking = true, Results = [new() { Path = "id", Kind = "removed", Breaking = true, Message = "is gone." }] }],
            Breaks = name is null ? null : [new() { Operation = Find(name).Name, BrokenMappings = ["key"] }],
        });

        public Task<ConnectorInfo> CreateAsync(string name, CreateConnector spec, IReadOnlyDictionary<string, SecretText> secrets, CancellationToken cancellationToken = default) => Admin(() =>
        {
            Keep(name, secrets);
            var info = new ConnectorInfo
            {
                Name = name, Title = spec.Title ?? name, TemplateId = spec.TemplateId ?? $"own-{spec.TemplateText!.Length}", TemplateVersion = "1.0.0", TemplateHash = "00", BaseUrl = spec.BaseUrl ?? "https://acme.okta.com/", AuthId = spec.AuthId ?? "token",
                Secrets = [.. secrets.Keys], State = "unverified", Breaker = "closed", Enabled = true, Revision = 1,
            };
            return all.Instances.TryAdd(name, info) ? info : throw new StewardException(ErrorCodes.Conflict, "There is one.") { Field = "name" };
        });

        public Task<IReadOnlyList<ConnectorInfo>> ListAsync(CancellationToken cancellationToken = default) => Admin<IReadOnlyList<ConnectorInfo>>(() => [.. all.Instances.Values]);

        public Task<ConnectorInfo> GetAsync(string name, CancellationToken cancellationToken = default) => Admin(() => Find(name));

        public Task<ConnectorInfo> UpdateAsync(string name, UpdateConnector change, CancellationToken cancellationToken = default) =>
            Admin(() => all.Instances[name] = Find(name) with { Title = change.Title ?? Find(name).Title, Enabled = change.Enabled ?? true, MappingsJson = change.MappingsJson, Revision = Find(name).Revision + 1 });

        public Task<ConnectorInfo> RotateCredentialsAsync(string name, IReadOnlyDictionary<string, SecretText> secrets, CancellationToken cancellationToken = default) => Admin(() =>
        {
            Keep(name, secrets);
            return Find(name);
        });

        public Task<ConnectorVerification> VerifyAsync(string name, CancellationToken cancellationToken = default) => Admin(() => new ConnectorVerification { Succeeded = Find(name).Enabled, Identity = "svc" });

        public Task<string> BeginSignInAsync(string name, string redirectUri, CancellationToken cancellationToken = default) => Do(() => $"https://{Find(name).Name}.example/authorize?redirect_uri={redirectUri}");

        public Task CompleteSignInAsync(string name, string state, SecretText code, CancellationToken cancellationToken = default) =>
            Do(() => state == "state" ? Find(name) : throw StewardException.Invalid("state", "is not known."));

        public Task<IReadOnlyList<ConnectorDrift>> ListDriftAsync(string name, CancellationToken cancellationToken = default) => Admin(() => Find(name).Drift);

        public Task<ConnectorInfo> AcceptDriftAsync(string name, string operation, CancellationToken cancellationToken = default) =>
            Admin(() => all.Instances[name] = Find(name) with { Drift = [.. Find(name).Drift.Where(drift => drift.Operation != operation)] });

        public Task<IReadOnlyList<MappingTrial>> TestMappingsAsync(string name, TestMappings test, CancellationToken cancellationToken = default) => Admin<IReadOnlyList<MappingTrial>>(() =>
            [.. test.SamplesJson.Select(sample => new MappingTrial { BeforeJson = sample, AfterJson = test.MappingsJson ?? "[]", Errors = [new MappingFailure { Index = 0, Path = Find(name).Name, Message = test.Direction }] })]);

        public Task<SuggestedMappings> SuggestMappingsAsync(string name, SuggestMappings wanted, CancellationToken cancellationToken = default) => Admin<SuggestedMappings>(() =>
            new SuggestedMappings
            {
                Suggestions = [new() { From = Find(name).Name, To = wanted.Fields?[0] ?? wanted.SampleJson ?? wanted.SchemaJson!, Score = 0.5, Source = "names" }],
                Model = "failed",
                ModelName = "gpt-test",
            });

        public Task DeleteAsync(string name, CancellationToken cancellationToken = default) => Admin(() => all.Instances.TryRemove(name, out _));

        public Task<IReadOnlyList<ConnectorTool>> ListOperationsAsync(string name, CancellationToken cancellationToken = default) => Do<IReadOnlyList<ConnectorTool>>(() =>
            all.Operations.GetValueOrDefault(name) ?? [new() { Operation = $"{Find(name).TemplateId}s.find", Description = "Finds.", Effect = "read", InputSchemaJson = """{"type":"object"}""" }]);

        public Task<ConnectorCallResult> CallAsync(ConnectorCallCommand command, CancellationToken cancellationToken = default) => Do(() =>
        {
            all.Calls.Enqueue(command);
            return all.Answer;
        });

        public Task<ConnectorCallResult> UndoAsync(ConnectorCallCommand command, CancellationToken cancellationToken = default) => CallAsync(command with { Undo = true }, cancellationToken);

        public Task<ConnectorCallResult> ListChoicesAsync(string name, string operation, string argument, string argumentsJson = "{}", CancellationToken cancellationToken = default) =>
            CallAsync(new ConnectorCallCommand { Instance = name, Operation = operation, ChoicesOf = argument, ArgumentsJson = argumentsJson, ActionId = "choices" }, cancellationToken);

        public Task<HookDeadLetterPage> ListDeadEventsAsync(string name, long afterNumber = 0, int limit = 50, CancellationToken cancellationToken = default) => Admin(() => new HookDeadLetterPage
        {
            Letters = [new() { Number = afterNumber + 1, EventId = "events:d1", Type = "issues", ReceivedAt = DateTimeOffset.UnixEpoch, FailedAt = DateTimeOffset.UnixEpoch, Attempts = 5, OpenFor = [name] }],
            NextAfterNumber = limit == 1 ? afterNumber + 1 : null,
        });

        public Task ReplayEventAsync(string name, long number, CancellationToken cancellationToken = default) => Admin(() => number == 1 ? name : throw StewardException.NotFound("The dead letter"));

        public Task CloseEventAsync(string name, long number, CancellationToken cancellationToken = default) => ReplayEventAsync(name, number, cancellationToken);

        public Task<ConnectorAuditPage> ListAuditAsync(string? name = null, long before = 0, int limit = 50, CancellationToken cancellationToken = default) => Admin(() => new ConnectorAuditPage
        {
            Entries =
            [
            new()
            {
                Sequence = Math.Max(1, before - 1), At = DateTimeOffset.UnixEpoch, Instance = name ?? "okta", Operation = "users.find", UserId = identity.UserId, ActionId = "a", ArgumentsHash = "00", Arguments = "{}",
                Outcome = "succeeded", Duration = TimeSpan.FromMilliseconds(limit),
            },
            ],
            NextBefore = 3,
        });

        private ConnectorInfo Find(string name) => all.Instances.GetValueOrDefault(name) ?? throw StewardException.NotFound("The connector");

        private void Keep(string name, IReadOnlyDictionary<string, SecretText> secrets)
        {
            foreach (var (key, value) in secrets)
            {
                all.Secrets[$"{name}/{key}"] = value.Reveal();
            }
        }

        private Task<T> Admin<T>(Func<T> work) => Do(() => identity.Roles.Contains(WellKnownRoles.Admin) ? work() : throw StewardException.Forbidden("Only an admin of the tenant may do this."));

        private Task<T> Do<T>(Func<T> work)
        {
            fail();
            return Task.FromResult(work());
        }
    }
}
