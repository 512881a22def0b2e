using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Orchestration;
using Steward.Engines.Orchestration.Policies;
using Steward.Engines.Sandboxing;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Sandbox;

/// <summary>Gives each execution its data: that of the person in whose name it runs.</summary>
internal sealed class PersonDataFactory(
    IEnumerable<IPersonQueries> queries, IConnectorRegistry connectors, OrchestrationDefinitions definitions, IGrainFactory grains, PlatformIdentity platform, ICallAudit audit, TimeProvider time)
{
    /// <summary>Whether the tenant has a database that can be asked.</summary>
    public bool CanQuery(string tenantId) => queries.FirstOrDefault()?.IsConfigured(tenantId) == true;

    /// <summary>The data of one execution.</summary>
    /// <param name="person">In whose name it runs.</param>
    /// <param name="executionId">The execution.</param>
    /// <param name="deadline">Until when it may take; nothing that it asks for takes longer. Null for no limit but each question's own.</param>
    public ISandboxDataBroker For(CallerIdentity person, string executionId, DateTimeOffset? deadline) => new PersonData(person, executionId, deadline, queries.FirstOrDefault(), connectors, definitions.Policy, grains, platform, audit, time);
}

/// <summary>
/// What code may ask for: statements on the tenant's data source, operations of connectors that read, and files of the person's earlier executions, each with the person's rights. Nothing that the code sends says who the
/// person is. Every question has an entry in the tenant's audit log before its answer is given.
/// </summary>
internal sealed class PersonData(
    CallerIdentity person,
    string executionId,
    DateTimeOffset? deadline,
    IPersonQueries? queries,
    IConnectorRegistry connectors,
    ActionPolicy policy,
    IGrainFactory grains,
    PlatformIdentity platform,
    ICallAudit audit,
    TimeProvider time) : ISandboxDataBroker
{
    private const int MaxRows = 50_000;
    private const int MaxBytes = 7 << 20;
    private const int MaxFile = 5 << 20;
    private static readonly TimeSpan QueryTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ConnectorTime = TimeSpan.FromSeconds(20);

    private int _calls;

    /// <inheritdoc/>
    public Task<SandboxDataResult> SqlAsync(SandboxJob job, string query, JsonElement parameters, CancellationToken cancellationToken) =>
        AuditedAsync("sql", query, async () =>
        {
            if (queries is null)
            {
                return SandboxDataResult.Failed("not_configured", "No database is configured for queries of this tenant.");
            }

            if (parameters.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.Array))
            {
                return SandboxDataResult.Failed("invalid", "Parameters are a list, in the order of $1, $2 …");
            }

            var found = await queries.QueryAsync(
                new PersonQuery
                {
                    TenantId = person.TenantId,
                    UserId = person.UserId,
                    Roles = [.. person.Roles],
                    Sql = query,
                    Parameters = parameters.ValueKind == JsonValueKind.Array ? [.. parameters.EnumerateArray()] : [],
                    MaxRows = MaxRows,
                    MaxBytes = MaxBytes,
                    Timeout = Within(QueryTime),
                },
                cancellationToken);
            return found.Code is { } code
                ? SandboxDataResult.Failed(code, found.Message ?? "The statement was refused.")
                : SandboxDataResult.Of(new SandboxTable
                {
                    Columns = [.. found.Columns.Select(column => new SandboxColumn(column.Name, TypeOf(column.Type)))],
                    Rows = JsonElement.Parse(found.Rows.Span),
                    TotalRows = found.RowCount,
                    Truncated = found.IsTruncated,
                });
        });

    /// <inheritdoc/>
    public Task<SandboxDataResult> ConnectorAsync(SandboxJob job, string action, JsonElement arguments, CancellationToken cancellationToken) =>
        AuditedAsync("connector", $"{action} {arguments}", async () =>
        {
            var usable = await connectors.OpenAsync(person.TenantId, new ConnectorCaller(person.UserId, person.Email, person.Roles), cancellationToken);
            if (usable.FindOperation(action) is not { } operation || operation.Connector == SandboxTools.Connector)
            {
                return SandboxDataResult.Failed("not_found", "There is no such operation, or you may not use it.");
            }

            if (operation.Effect != OperationEffect.Read)
            {
                return SandboxDataResult.Failed("refused", "Code may only use operations that read. Ask the agent to change something.");
            }

            if (arguments.ValueKind != JsonValueKind.Object)
            {
                return SandboxDataResult.Failed("invalid", "The arguments are one object.");
            }

            var requester = new Requester { UserId = person.UserId, Email = person.Email, Name = person.Name, Roles = person.Roles };
            var decision = await policy.DecideAsync(operation, arguments, requester, (id, with, token) => ReadAsync(usable, id, with, token), cancellationToken);
            if (decision.Verdict != PolicyVerdict.Allowed)
            {
                return SandboxDataResult.Failed(decision.Verdict == PolicyVerdict.Undecided ? "unavailable" : "refused", decision.Reason);
            }

            return await ReadAsync(usable, action, arguments, cancellationToken) switch
            {
                ActionSucceeded succeeded => SandboxDataResult.Of(succeeded.Result),
                ActionFailed failed => SandboxDataResult.Failed(failed.Code, failed.Message),
                ActionUnknown unknown => SandboxDataResult.Failed("unavailable", unknown.Reason),
                _ => SandboxDataResult.Failed("unavailable", "The system gave no answer."),
            };
        });

    /// <inheritdoc/>
    public Task<SandboxDataResult> FileAsync(SandboxJob job, string name, CancellationToken cancellationToken) =>
        AuditedAsync("file", name, async () =>
        {
            // A file of an earlier execution of the same person: x-…/report.csv.
            if (name.Split('/') is not [var execution, var file] || execution == executionId)
            {
                return SandboxDataResult.Failed("not_found", "Name a file of an earlier execution, such as x-…/report.csv. Files of this one lie in the work directory.");
            }

            byte[]? bytes;
            try
            {
                platform.AssumePerson(person);
                bytes = await grains.GetGrain<ISandboxLeaseGrain>(GrainKeys.SandboxLease(person.TenantId, execution)).ReadFile(file, cancellationToken);
            }
            catch (Errors.StewardException)
            {
                bytes = null;
            }

            return bytes switch
            {
                null => SandboxDataResult.Failed("not_found", "There is no such file, or you may not read it."),
                { Length: > MaxFile } => SandboxDataResult.Failed("too_large", string.Create(CultureInfo.InvariantCulture, $"The file is larger than {MaxFile} bytes.")),
                _ => SandboxDataResult.Of((ReadOnlyMemory<byte>)bytes),
            };
        });

    private Task<ActionOutcome> ReadAsync(ITenantConnectors usable, string operationId, JsonElement arguments, CancellationToken cancellationToken) =>
        usable.FindOperation(operationId) is { Effect: OperationEffect.Read }
            ? usable.ExecuteAsync(
                new ActionRequest
                {
                    ActionId = ActionId(),
                    OperationId = operationId,
                    Arguments = arguments,
                    Deadline = time.GetUtcNow() + Within(ConnectorTime),
                    Caller = new ConnectorCaller(person.UserId, person.Email, person.Roles),
                    StepId = executionId,
                },
                cancellationToken)
            : Task.FromResult<ActionOutcome>(new ActionFailed("not_configured", $"'{operationId}' is not a read that is configured.", false));

    // What is left of the execution's own time, if that is less. Never nothing: what has no time left is cancelled anyway.
    private TimeSpan Within(TimeSpan usual)
    {
        var left = deadline - time.GetUtcNow() ?? usual;
        return left >= usual ? usual : left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1);
    }

    private async Task<SandboxDataResult> AuditedAsync(string question, string content, Func<Task<SandboxDataResult>> answer)
    {
        var at = time.GetUtcNow();
        var began = time.GetTimestamp();
        var id = ActionId();
        var outcome = "internal";
        try
        {
            var result = await answer();
            outcome = result.ErrorCode ?? "succeeded";
            return result;
        }
        catch (OperationCanceledException)
        {
            outcome = "cancelled";
            throw;
        }
        finally
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
            var entry = new CallAudit
            {
                At = at,
                TenantId = person.TenantId,
                Instance = SandboxTools.Connector,
                Operation = question,
                UserId = person.UserId,
                OnBehalfOf = person.UserId,
                ActionId = id,
                ArgumentsHash = "sha256." + hash,
                Arguments = JsonSerializer.Serialize(new Dictionary<string, object> { ["execution"] = executionId, ["length"] = content.Length, ["sha256"] = hash }),
                Outcome = outcome,
                Attempts = 1,
                Duration = time.GetElapsedTime(began),
            };

            // As a change: the entry is durable before the code has its answer.
            await audit.RecordAsync(entry, isChange: true);
        }
    }

    private string ActionId() => string.Create(CultureInfo.InvariantCulture, $"{person.TenantId}/{executionId}/{Interlocked.Increment(ref _calls)}");

    private static string TypeOf(string type) => type switch
    {
        "integer" or "number" or "boolean" => type,
        "timestamp" or "date" => "datetime",
        _ => "string",
    };
}
