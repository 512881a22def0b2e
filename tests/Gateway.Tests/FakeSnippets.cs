using System.Collections.Concurrent;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Sandbox;

namespace Steward.Gateway.Tests;

/// <summary>Snippets in memory, by tenant. Executions are what nobody asks this fake for.</summary>
public sealed class FakeSnippets
{
    public static DateTimeOffset At { get; } = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ConcurrentDictionary<string, Tenant> _tenants = new();

    public ISandboxClient Of(CallerIdentity identity, Action fail) => new FakeSandbox(new FakeClient(_tenants.GetOrAdd(identity.TenantId, _ => new Tenant()), identity, fail));

    private sealed class Tenant
    {
        public bool IsEnabled { get; set; }

        public ConcurrentDictionary<string, SandboxSnippet> All { get; } = new();
    }

    private sealed class FakeClient(Tenant tenant, CallerIdentity identity, Action fail) : ISnippetClient
    {
        private bool IsAdmin => identity.Roles.Contains(WellKnownRoles.Admin);

        public Task<bool> IsEnabledAsync(CancellationToken cancellationToken = default)
        {
            fail();
            return Task.FromResult(tenant.IsEnabled);
        }

        public Task<bool> ConfigureAsync(bool isEnabled, CancellationToken cancellationToken = default)
        {
            DemandAdmin();
            return Task.FromResult(tenant.IsEnabled = isEnabled);
        }

        public Task<IReadOnlyList<SandboxSnippet>> ListAsync(CancellationToken cancellationToken = default)
        {
            fail();
            return Task.FromResult<IReadOnlyList<SandboxSnippet>>([.. tenant.All.Values.Where(snippet => IsAdmin || snippet.ProposedBy == identity.UserId)]);
        }

        public Task<SandboxSnippet> ProposeAsync(string executionId, string title, CancellationToken cancellationToken = default)
        {
            fail();
            if (title.Length is 0 or > 120)
            {
                throw StewardException.Invalid("title", "must have 1 to 120 characters.");
            }

            return tenant.IsEnabled
                ? Task.FromResult(tenant.All.GetOrAdd(executionId, id => new SandboxSnippet { Id = id, Title = title, Language = "python", Code = "print(1)", ProposedBy = identity.UserId, ProposedAt = At }))
                : throw new StewardException(ErrorCodes.Conflict, "Snippets are switched off.");
        }

        public Task<SandboxSnippet> DecideAsync(string snippetId, bool isAccepted, CancellationToken cancellationToken = default)
        {
            DemandAdmin();
            return tenant.All.TryGetValue(snippetId, out var snippet)
                ? Task.FromResult(tenant.All[snippetId] = snippet with { IsAccepted = isAccepted, DecidedBy = identity.UserId, DecidedAt = At })
                : throw StewardException.NotFound("The snippet");
        }

        public Task RemoveAsync(string snippetId, CancellationToken cancellationToken = default)
        {
            DemandAdmin();
            tenant.All.TryRemove(snippetId, out _);
            return Task.CompletedTask;
        }

        private void DemandAdmin()
        {
            fail();
            if (!IsAdmin)
            {
                throw StewardException.Forbidden("Only an admin of the tenant may do this.");
            }
        }
    }

    private sealed class FakeSandbox(ISnippetClient snippets) : ISandboxClient
    {
        public ISnippetClient Snippets => snippets;

        public Task<SandboxExecution> StartAsync(StartSandboxExecution command, string? operationId = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<SandboxExecution> GetAsync(string executionId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public IAsyncEnumerable<SandboxEvent> WatchAsync(string executionId, long afterSequence = 0, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<SandboxExecution> CancelAsync(string executionId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<byte[]> ReadFileAsync(string executionId, string name, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
