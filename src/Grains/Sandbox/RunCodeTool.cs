using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Sandboxing;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Sandbox;

/// <summary>A person's connectors with the tool.</summary>
internal sealed class RunCodeTool(ITenantConnectors inner, IReadOnlyList<ConnectorOperation> operations, IGrainFactory grains, PlatformIdentity platform, CallerIdentity person, TimeProvider time) : ITenantConnectors
{
    /// <summary>How often a run may mend code that was refused or failed.</summary>
    public const int MendRounds = 3;

    // The lease itself ends earlier.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(20);

    private const int ShownRows = 50;
    private const int ShownText = 8_000;

    // The codes of ends that say nothing of the code: there is nothing to mend in it. Those of SandboxCodes, of leases, and of data sources that cannot be asked.
    private static readonly FrozenSet<string> NotOfTheCode = FrozenSet.Create(
        StringComparer.Ordinal, SandboxCodes.Busy, SandboxCodes.Cancelled, SandboxCodes.NotAvailable, SandboxCodes.Lost, "silo_lost", "internal", "not_configured", "unavailable");

    // The steps of the run whose code was refused or failed: those that its journal knows, and those of this execution, which may not be in it yet.
    private readonly ConcurrentDictionary<string, bool> _failed = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public IReadOnlyList<ConnectorOperation> Operations => operations;

    /// <summary>The tool, with the languages that can be run and the tenant's examples.</summary>
    public static ConnectorOperation Describe(IReadOnlyList<string> languages, string examples = "")
    {
        var text = "Runs code in a sandbox without network, in the name of the person, and gives back its text, tables, charts and files. "
            + (languages.Contains("python")
                ? "Python 3 has pandas, numpy and matplotlib; show a table with steward.table(frame), a chart by drawing it with matplotlib, get data with steward.sql(query, params), steward.connector(operation, **arguments) and "
                  + "steward.file(name); files that you give lie in the work directory, and files that the code writes there come back. "
                : "")
            + (languages.Contains("sql") ? "SQL is one statement that reads the tenant's tables; it sees what the person may see. " : "")
            + "When it is refused or fails, findings and error name the line: mend the code and call again, at most three times. Show a chart in your answer with its markdown."
            + examples;
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["language"] = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. languages.Select(language => (JsonNode)language)]) },
                ["code"] = new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = 65_536 },
                ["files"] = new JsonObject
                {
                    ["type"] = "array",
                    ["maxItems"] = 8,
                    ["description"] = "Text files for the work directory, such as a CSV.",
                    ["items"] = new JsonObject
                    {
                        ["type"] = "object",
                        ["properties"] = new JsonObject { ["name"] = new JsonObject { ["type"] = "string", ["maxLength"] = 128 }, ["text"] = new JsonObject { ["type"] = "string", ["maxLength"] = 500_000 } },
                        ["required"] = new JsonArray("name", "text"),
                        ["additionalProperties"] = false,
                    },
                },
            },
            ["required"] = new JsonArray("language", "code"),
            ["additionalProperties"] = false,
        };
        return new ConnectorOperation
        {
            Id = SandboxTools.RunCode,
            Connector = SandboxTools.Connector,
            Description = text,
            Effect = OperationEffect.Read,
            InputSchema = JsonSerializer.SerializeToElement(schema),
        };
    }

    /// <inheritdoc/>
    public Uri? FindBaseUrl(string connector) => inner.FindBaseUrl(connector);

    /// <inheritdoc/>
    public Task<ReconcileOutcome> ReconcileAsync(ActionRequest request, DateTimeOffset sentAt, CancellationToken cancellationToken) => inner.ReconcileAsync(request, sentAt, cancellationToken);

    /// <inheritdoc/>
    public async Task<ActionOutcome> ExecuteAsync(ActionRequest request, CancellationToken cancellationToken)
    {
        if (request.OperationId != SandboxTools.RunCode)
        {
            return await inner.ExecuteAsync(request, cancellationToken);
        }

        foreach (var call in request.Earlier.Where(HasFailed))
        {
            _failed[call.StepId] = true;
        }

        if (_failed.Count > MendRounds)
        {
            return new ActionFailed("mend_limit", $"The code was mended {MendRounds} times and still fails. Answer with what is known.", IsRetryable: false);
        }

        using var activity = Diagnostics.StartTool(request.OperationId, request.ActionId, request.StepId);
        var outcome = await RunAsync(request, cancellationToken);
        Diagnostics.EndTool(activity, outcome is ActionFailed failed ? failed.Code : "succeeded", outcome is ActionSucceeded);
        return outcome;
    }

    private async Task<ActionOutcome> RunAsync(ActionRequest request, CancellationToken cancellationToken)
    {
        // The same step asks for the same execution, whoever works on the run.
        var id = "x-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.ActionId)))[..32];
        var grain = grains.GetGrain<ISandboxLeaseGrain>(GrainKeys.SandboxLease(person.TenantId, id));
        try
        {
            var command = Read(request);
            platform.AssumePerson(person);
            await grain.Start(command, cancellationToken);
            var execution = await EndedAsync(grain, request.Deadline, cancellationToken);
            if (execution.Result is { Code: "busy" } busy)
            {
                return new ActionFailed("unavailable", busy.Reason, IsRetryable: false);
            }

            if (execution.State != SandboxState.Finished && !NotOfTheCode.Contains(execution.Result!.Code))
            {
                _failed[request.StepId ?? request.ActionId] = true;
            }

            return new ActionSucceeded(JsonSerializer.SerializeToElement(Describe(execution)));
        }
        catch (StewardException refused)
        {
            return new ActionFailed(refused.Code == ErrorCodes.InvalidArgument ? "invalid_argument" : "unavailable", refused.Message, refused.IsRetryable, refused.RetryAfter, refused.Field);
        }
    }

    private static bool HasFailed(EarlierCall call) => call.Result is { ValueKind: JsonValueKind.Object } result
        && Text(result, "status") is { } status && status != Word(SandboxState.Finished)
        && !(Text(result, "code") is { } code && NotOfTheCode.Contains(code));

    private static string? Text(JsonElement result, string name) => result.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Word(SandboxState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());

    private static StartSandboxExecution Read(ActionRequest request)
    {
        var files = request.Arguments.TryGetProperty("files", out var given) && given.ValueKind == JsonValueKind.Array
            ? given.EnumerateArray().Select(file => new SandboxInputFile { Name = file.GetProperty("name").GetString()!, Content = Encoding.UTF8.GetBytes(file.GetProperty("text").GetString()!) })
            : [];
        return new StartSandboxExecution
        {
            Language = request.Arguments.GetProperty("language").GetString()!,
            Code = request.Arguments.GetProperty("code").GetString()!,
            Files = [.. files],
            RunId = request.RunId,
            StepId = request.StepId,
            Deadline = request.Deadline,
        };
    }

    private async Task<SandboxExecution> EndedAsync(ISandboxLeaseGrain grain, DateTimeOffset? deadline, CancellationToken cancellationToken)
    {
        var left = deadline - time.GetUtcNow() ?? LongestWait;
        using var clock = new CancellationTokenSource(left <= TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : left < LongestWait ? left : LongestWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        long after = 0;
        var failures = 0;
        try
        {
            while (true)
            {
                platform.AssumePerson(person);
                try
                {
                    await foreach (var next in grain.Watch(after, either.Token))
                    {
                        after = next.Sequence;
                        platform.AssumePerson(person);
                        if (next.EndsExecution)
                        {
                            break;
                        }
                    }
                }
                catch (Exception moved) when (moved is not OperationCanceledException and not StewardException { IsRetryable: false } && failures++ < 20)
                {
                    // Its silo may be lost; whoever takes the lease over ends it.
                    await Task.Delay(TimeSpan.FromMilliseconds(500), time, either.Token);
                    continue;
                }

                platform.AssumePerson(person);
                if (await grain.Get(either.Token) is { HasEnded: true } execution)
                {
                    return execution;
                }
            }
        }
        catch (OperationCanceledException)
        {
            platform.AssumePerson(person);
            await grain.Cancel(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            throw new StewardException(ErrorCodes.Unavailable, "The run's time was over before the code had ended.");
        }
    }

    /// <summary>What the model is told, and the trace shows: charts by their addresses, tables by their first rows.</summary>
    private static JsonObject Describe(SandboxExecution execution)
    {
        var result = execution.Result!;
        var answer = new JsonObject
        {
            ["execution"] = execution.Id,
            ["status"] = Word(execution.State),
            ["code"] = result.Code,
        };
        if (execution.State != SandboxState.Finished)
        {
            answer["reason"] = result.Reason;
        }

        if (result.Error is { } error)
        {
            answer["error"] = new JsonObject { ["type"] = error.Type, ["message"] = error.Message, ["line"] = error.Line };
        }

        if (result.Findings.Count > 0)
        {
            answer["findings"] = new JsonArray([.. result.Findings.Select(finding => (JsonNode)new JsonObject { ["line"] = finding.Line, ["rule"] = finding.Rule, ["reason"] = finding.Reason })]);
        }

        if (result.LimitsHit.Count > 0)
        {
            answer["limits"] = new JsonArray([.. result.LimitsHit.Select(limit => (JsonNode)limit)]);
        }

        if (result.Text.Length > 0)
        {
            answer["text"] = result.Text.Length <= ShownText ? result.Text : result.Text[..ShownText] + "…";
        }

        if (result.Tables.Count > 0)
        {
            answer["tables"] = new JsonArray([.. result.Tables.Select(table => (JsonNode)Table(table))]);
        }

        if (result.Files.Count > 0)
        {
            answer["files"] = new JsonArray([.. result.Files.Select(file => (JsonNode)File(execution.Id, file))]);
        }

        return answer;
    }

    private static JsonObject Table(SandboxTableResult table)
    {
        var rows = JsonNode.Parse(table.Rows)!.AsArray();
        var all = rows.Count;
        while (rows.Count > ShownRows)
        {
            rows.RemoveAt(rows.Count - 1);
        }

        var shown = new JsonObject { ["columns"] = new JsonArray([.. table.Columns.Select(column => (JsonNode)column)]), ["rows"] = rows, ["totalRows"] = Math.Max(table.TotalRows, all) };
        if (table.Title.Length > 0)
        {
            shown["title"] = table.Title;
        }

        return shown;
    }

    private static JsonObject File(string executionId, SandboxFileInfo file)
    {
        var address = $"/v1/sandbox/executions/{executionId}/files/{Uri.EscapeDataString(file.Name)}";
        var shown = new JsonObject { ["name"] = file.Name, ["kind"] = file.Kind, ["bytes"] = file.Bytes, ["url"] = address };
        if (file.Kind == "chart")
        {
            var title = file.Title.Length > 0 ? file.Title.Replace('[', '(').Replace(']', ')').ReplaceLineEndings(" ") : "Chart";
            shown["markdown"] = string.Create(CultureInfo.InvariantCulture, $"![{title}]({address})");
        }

        return shown;
    }
}
