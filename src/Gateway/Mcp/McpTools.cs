using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using Steward.Client;
using Steward.Connectors;
using Steward.Errors;

namespace Steward.Gateway.Mcp;

/// <summary>The tools of one instance for one caller, for the length of one request.</summary>
internal sealed class McpTools(IConnectorClient connectors, string instance, IReadOnlyList<ConnectorTool> operations, Func<DateTimeOffset> deadline)
{
    /// <summary>The most tools of a page.</summary>
    public const int PageSize = 100;

    private const int MaxCursorLength = 400;

    private static readonly JsonElement NoArguments = JsonElement.Parse("{}");

    /// <summary>The instance's name.</summary>
    public string Instance => instance;

    /// <summary>A page of the tools that the caller may use, by name. A cursor names the last tool of the page before, so that it stays good when tools come and go between pages.</summary>
    /// <param name="cursor">Where the page begins, as the page before said; null at the start.</param>
    /// <exception cref="McpProtocolException">The cursor is none of this server's.</exception>
    public ListToolsResult List(string? cursor)
    {
        var after = cursor is null ? "" : NameOf(cursor);
        var left = operations.Where(operation => string.CompareOrdinal(operation.Operation, after) > 0).OrderBy(operation => operation.Operation, StringComparer.Ordinal).Take(PageSize + 1).ToList();
        var page = left.Take(PageSize).ToList();
        return new ListToolsResult
        {
            Tools = [.. page.Select(operation => new Tool
            {
                Name = operation.Operation,
                Description = operation.Description,
                InputSchema = JsonElement.Parse(operation.InputSchemaJson),
                Annotations = new ToolAnnotations { ReadOnlyHint = operation.Effect == "read", DestructiveHint = operation.Effect == "destructive" },
            })],
            NextCursor = left.Count > page.Count ? Base64Url.EncodeToString(Encoding.UTF8.GetBytes(page[^1].Operation)) : null,
        };
    }

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

    private static string NameOf(string cursor)
    {
        var bytes = new byte[MaxCursorLength];
        return cursor.Length is > 0 and <= MaxCursorLength && Base64Url.IsValid(cursor) && Base64Url.TryDecodeFromChars(cursor, bytes, out var length) && length > 0 && Utf8.IsValid(bytes.AsSpan(0, length))
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : throw new McpProtocolException("cursor: must be one that this server gave.", McpErrorCode.InvalidParams);
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
