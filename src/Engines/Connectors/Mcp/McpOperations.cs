using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelContextProtocol.Protocol;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Mcp;

/// <summary>
/// Makes operations of tools: of those that an administrator accepted, and beside them one that lists what the server offers. A tool is a write unless the template or the administrator says
/// that it reads.
/// </summary>
public static partial class McpOperations
{
    /// <summary>The operation that asks the server for its tools. For administrators and for verification.</summary>
    public const string ListTools = "tools.list";

    /// <summary>The most tools of a server that are looked at.</summary>
    public const int MaxTools = 200;

    private const int MaxSchemaBytes = 32 * 1024;
    private static readonly JsonElement NoArguments = JsonElement.Parse("""{"type":"object","properties":{},"additionalProperties":false}""");

    /// <summary>The instance with a template that has the operations of its accepted tools. Others than those of <see cref="TemplateKind.Mcp"/> come back as they are.</summary>
    public static ResolvedInstance Complete(ResolvedInstance target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Template is not { Kind: TemplateKind.Mcp, Mcp: { } mcp } template)
        {
            return target;
        }

        var operations = target.Instance.Tools.Take(MaxTools).Select(tool => new OperationTemplate
        {
            Id = tool.Id,
            Summary = tool.Description,
            Method = "POST",
            Input = tool.Input,
            Effect = tool.Reads || mcp.ReadTools.Contains(tool.Name, StringComparer.Ordinal) ? OperationEffect.Read : OperationEffect.Write,
        });
        var list = new OperationTemplate
        {
            Id = ListTools,
            Summary = "Lists the tools that the server offers and which of them are accepted. Result: items, each with name, state, note and tool.",
            Input = NoArguments,
            Effect = OperationEffect.Read,
        };
        return target with { Template = template with { Operations = [list, .. operations] } };
    }

    /// <summary>Whether somebody may use an operation of such an instance: the list is full of texts that nobody has accepted yet.</summary>
    public static bool MayUse(ConnectorTemplate template, string operationId, ConnectorCaller? caller)
    {
        ArgumentNullException.ThrowIfNull(template);
        return template.Kind != TemplateKind.Mcp || operationId != ListTools || caller is null || caller.Roles.Contains("admin", StringComparer.Ordinal);
    }

    /// <summary>Whether an operation is there whatever a tenant has switched on.</summary>
    public static bool IsAlwaysOn(ConnectorTemplate template, string operationId)
    {
        ArgumentNullException.ThrowIfNull(template);
        return template.Kind == TemplateKind.Mcp && operationId == ListTools;
    }

    /// <summary>What is wrong with tools that are to be accepted; null when nothing is.</summary>
    public static string? FaultOf(IReadOnlyList<McpTool> tools)
    {
        ArgumentNullException.ThrowIfNull(tools);
        if (tools.Count > MaxTools)
        {
            return $"must have at most {MaxTools} items.";
        }

        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tool in tools)
        {
            if (!OperationId().IsMatch(tool.Id) || !ids.Add(tool.Id) || !ToolName().IsMatch(tool.Name))
            {
                return "each id must be 1 to 40 lower-case letters, digits and underscores, beginning with a letter, and used once; each name as the server has it.";
            }

            if (tool.Hash.Length != 64 || tool.Description.Length is 0 or > McpText.MaxDescription || tool.Input.ValueKind != JsonValueKind.Object)
            {
                return $"{tool.Id} must have the hash, the description (at most {McpText.MaxDescription} characters) and the input that tools.list gives.";
            }

            try
            {
                JsonSchema.Parse(tool.Input);
            }
            catch (SchemaException exception)
            {
                return $"{tool.Id}: {exception.Message}";
            }
        }

        return null;
    }

    /// <summary>Compares what a server offers with what was accepted.</summary>
    internal static IReadOnlyList<McpOffer> Compare(IReadOnlyList<Tool> offered, IReadOnlyList<McpTool> accepted)
    {
        var ids = accepted.Select(tool => tool.Id).ToHashSet(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var offers = new List<McpOffer>();
        foreach (var tool in offered.Take(MaxTools))
        {
            var name = McpText.Clean(tool.Name, 128);
            var known = accepted.FirstOrDefault(candidate => candidate.Name == tool.Name);
            var note = FaultOf(tool, names);
            if (note is not null)
            {
                offers.Add(new McpOffer { Name = name, State = "refused", Note = note });
                continue;
            }

            var hash = HashOf(tool);
            var id = known?.Id ?? IdOf(tool.Name, ids);
            ids.Add(id);
            offers.Add(new McpOffer
            {
                Name = name,
                State = known is null ? "new" : known.Hash == hash ? "accepted" : "changed",
                Note = known is not null && known.Hash != hash ? "Its description or its arguments are not those that were accepted. It is not called until it is accepted again." : null,
                Tool = new McpTool
                {
                    Id = id,
                    Name = tool.Name,
                    Hash = hash,
                    Description = McpText.Clean(tool.Description ?? tool.Title ?? tool.Name, McpText.MaxDescription) is { Length: > 0 } description ? description : name,
                    Input = McpText.CleanSchema(tool.InputSchema),
                    Reads = known?.Reads ?? false,
                },
            });
        }

        offers.AddRange(accepted.Where(tool => !names.Contains(tool.Name)).Select(tool => new McpOffer { Name = tool.Name, State = "gone", Note = "The server does not offer it any more." }));
        return offers;
    }

    /// <summary>The hash by which a tool is known again.</summary>
    internal static string HashOf(Tool tool) => CanonicalJson.Hash(JsonSerializer.SerializeToElement(new JsonObject
    {
        ["name"] = tool.Name,
        ["title"] = tool.Title,
        ["description"] = tool.Description,
        ["inputSchema"] = JsonNode.Parse(tool.InputSchema.GetRawText()),
    }));

    private static string? FaultOf(Tool tool, HashSet<string> names)
    {
        if (tool.Name is null || !ToolName().IsMatch(tool.Name))
        {
            return "Its name must be 1 to 128 letters, digits, dots, slashes, underscores and hyphens.";
        }

        if (!names.Add(tool.Name))
        {
            return "The server offers two tools with this name.";
        }

        if (tool.InputSchema.ValueKind != JsonValueKind.Object || Encoding.UTF8.GetByteCount(tool.InputSchema.GetRawText()) > MaxSchemaBytes)
        {
            return $"The schema of its arguments must be an object of at most {MaxSchemaBytes / 1024} KB.";
        }

        try
        {
            JsonSchema.Parse(McpText.CleanSchema(tool.InputSchema));
            _ = HashOf(tool);
            return null;
        }
        catch (SchemaException exception)
        {
            return McpText.Clean($"The schema of its arguments cannot be checked here: {exception.Message}", 300);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            return "The schema of its arguments cannot be read.";
        }
    }

    private static string IdOf(string name, HashSet<string> taken)
    {
        const int MaxLength = 36;
        var stem = new string([.. name.Select(character => char.IsAsciiLetterOrDigit(character) ? char.ToLowerInvariant(character) : '_')]).Trim('_');
        stem = stem.Length > 0 && char.IsAsciiLetter(stem[0]) ? stem : "tool_" + stem;
        stem = stem.Length > MaxLength ? stem[..MaxLength] : stem;
        var id = stem;
        for (var number = 2; taken.Contains(id); number++)
        {
            id = $"{stem}_{number}";
        }

        return id;
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,39}\z", RegexOptions.CultureInvariant)]
    private static partial Regex OperationId();

    [GeneratedRegex(@"\A[A-Za-z0-9_./-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ToolName();
}
