using System.Security.Cryptography;
using System.Text.Json;
using ModelContextProtocol.Protocol;
using Steward.Client;
using Steward.Connectors;
using Steward.Errors;

namespace Steward.Gateway.Mcp;

/// <summary>The tools of one instance for one caller, for the length of one request.</summary>
internal sealed class McpTools(IConnectorClient connectors, string instance, IReadOnlyList<ConnectorTool> operations, Func<DateTimeOffset> deadline)
{
    private static readonly JsonElement NoArguments = JsonElement.Parse("{}");

    /// <summary>The instance's name.</summary>
    public string Instance => instance;

    /// <summary>The tools that the caller may use.</summary>
    public ListToolsResult List() => new()
    {
        Tools = [.. operations.Select(operation => new Tool
        {
            Name = operation.Operation,
            Description = operation.Description,
            InputSchema = JsonElement.Parse(operation.InputSchemaJson),
            Annotations = new ToolAnnotations { ReadOnlyHint = operation.Effect == "read", DestructiveHint = operation.Effect == "destructive" },
        })],
    };

    /// <summary>Calls one. What goes wrong is told as a result, so that the model on the other side learns of it.</summary>
    public async ValueTask<CallToolResult> CallAsync(CallToolRequestParams request, CancellationToken cancellationToken)
    {
        if (!operations.Any(operation => operation.Operation == request.Name))
        {
            return Error("not_found: there is no such tool, or you may not use it.");
        }

        var command = new ConnectorCallCommand
        {
            Instance = instance,
            Operation = request.Name,
            ArgumentsJson = request.Arguments is { } arguments ? JsonSerializer.Serialize(arguments) : NoArguments.GetRawText(),
            ActionId = "mcp-" + RandomNumberGenerator.GetHexString(24, lowercase: true),
            Deadline = deadline(),
        };
        try
        {
            return Tell(await connectors.CallAsync(command, cancellationToken));
        }
        catch (StewardException exception)
        {
            return Error(exception.OutcomeUnknown ? $"unknown: {exception.Message} It may have been done." : $"{exception.Code}: {exception.Message}");
        }
    }

    private static CallToolResult Tell(ConnectorCallResult result) => result switch
    {
        { Outcome: "succeeded" } => new CallToolResult
        {
            Content = [new TextContentBlock { Text = result.ResultJson ?? "{}" }],
            StructuredContent = JsonElement.Parse(result.ResultJson ?? "{}"),
        },
        { Outcome: "unknown" } => Error($"unknown: {result.Message} It may have been done; look before it is done again."),
        _ => Error($"{result.Outcome}: {result.Message}{(result.RetryAfter is { } wait ? $" Try again in {Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds))} s." : "")}"),
    };

    private static CallToolResult Error(string text) => new() { IsError = true, Content = [new TextContentBlock { Text = text }] };
}
