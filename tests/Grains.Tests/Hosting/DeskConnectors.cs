using System.Collections.Concurrent;
using System.Text.Json;
using Steward.Engines.Connectors;

namespace Steward.Grains.Tests.Hosting;

/// <summary>
/// A desk that keeps notes, pays when somebody else approves it, and can be told to hold. Counts every effect by its text.
/// </summary>
internal sealed class DeskConnectors : IConnectorRegistry, ITenantConnectors
{
    public const string Policy = """
        version: 1
        operations:
          desk.note:
            allow: [anyone]
          desk.hold:
            allow: [anyone]
          desk.pay:
            approval: [anyone]
            approvers: [role:approver]
            expires: 72h
        """;

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gates = new();

    /// <summary>How often each text took effect.</summary>
    public ConcurrentDictionary<string, int> Effects { get; } = new();

    public IReadOnlyList<ConnectorOperation> Operations { get; } = [Operation("desk.note"), Operation("desk.hold"), Operation("desk.pay")];

    public ITenantConnectors ForTenant(string tenantId) => this;

    public void Release(string text) => Gate(text).TrySetResult();

    public async Task<ActionOutcome> ExecuteAsync(ActionRequest request, CancellationToken ct)
    {
        var text = request.Arguments.GetProperty("text").GetString()!;
        Effects.AddOrUpdate(text, 1, (_, count) => count + 1);
        if (request.OperationId == "desk.hold")
        {
            await Gate(text).Task.WaitAsync(ct);
        }

        return new ActionSucceeded(JsonSerializer.SerializeToElement(new { text }));
    }

    public Task<ReconcileOutcome> ReconcileAsync(ActionRequest request, DateTimeOffset sentAt, CancellationToken ct) =>
        Task.FromResult<ReconcileOutcome>(Effects.ContainsKey(request.Arguments.GetProperty("text").GetString()!) ? new ReconciledDone(request.Arguments) : new ReconciledNotDone());

    private TaskCompletionSource Gate(string text) => _gates.GetOrAdd(text, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private static ConnectorOperation Operation(string id) => new()
    {
        Id = id,
        Connector = "desk",
        Description = $"Does {id.Replace('.', ' ')}. Result: the text.",
        Effect = OperationEffect.Write,
        InputSchema = JsonSerializer.SerializeToElement(new
        {
            type = "object",
            properties = new { text = new { type = "string" } },
            required = new[] { "text" },
            additionalProperties = false,
        }),
    };
}
