using System.Globalization;
using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Mapping;
using Steward.Engines.Connectors.Mcp;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Definitions;
using Steward.Engines.Security;
using Steward.Errors;

namespace Steward.Connectors;

/// <summary>Reads and checks what admins send about a connector. Pure; what is wrong is told as an error that names the field.</summary>
internal static class ConnectorSettings
{
    /// <summary>The longest template of a tenant's own, in characters. It is kept with the instance's state and sent to each silo that uses it, once for each version.</summary>
    public const int MaxTemplateLength = 4 * 1024 * 1024;

    private static readonly TimeSpan ShortestCheck = TimeSpan.FromMinutes(5);

    // Sign-ins that nobody uses are renewed with it, and some die when that is not done for a day.
    private static readonly TimeSpan LongestCheck = TimeSpan.FromDays(1);

    /// <summary>A new instance.</summary>
    public static ConnectorInstance Of(CreateConnector command, string tenantId, string name, ConnectorTemplate template, string text, IEnumerable<string> secrets, long revision) => new()
    {
        TenantId = tenantId,
        Name = name,
        Title = command.Title ?? template.Name,
        TemplateId = template.Id,
        TemplateVersion = template.Version,
        TemplateHash = TemplateCatalog.HashOf(text),
        Region = command.Region,
        BaseUrl = command.BaseUrl,
        Fields = command.Fields,
        AuthId = command.AuthId ?? template.Auth[0].Id,
        Secrets = [.. secrets.Order(StringComparer.Ordinal)],
        Operations = command.Operations,
        Access = command.Access,
        OnBehalfOfUser = command.OnBehalfOfUser,
        LimitFactor = command.LimitFactor,
        Revision = revision,
    };

    /// <summary>An instance with the changes that a command asks for.</summary>
    public static ConnectorInstance Apply(UpdateConnector command, ConnectorInstance before, ConnectorTemplate template, string text)
    {
        var checkEvery = command.CheckEvery ?? before.CheckEvery;
        if (checkEvery < ShortestCheck || checkEvery > LongestCheck)
        {
            throw StewardException.Invalid("checkEvery", "must be between 5 minutes and a day.");
        }

        return before with
        {
            Title = command.Title ?? before.Title,
            Enabled = command.Enabled ?? before.Enabled,
            Fields = command.Fields ?? before.Fields,
            Operations = command.Operations ?? before.Operations,
            Access = command.Access ?? before.Access,
            Mappings = command.MappingsJson is { } mappings ? ReadMappings(mappings) : before.Mappings,
            Tools = command.ToolsJson is { } tools ? ReadTools(template, tools) : before.Tools,
            LimitFactor = command.LimitFactor ?? before.LimitFactor,
            CheckEvery = checkEvery,
            TemplateVersion = template.Version,
            TemplateHash = TemplateCatalog.HashOf(text),
            Revision = before.Revision + 1,
        };
    }

    /// <summary>The template that is named, or given as text.</summary>
    public static (ConnectorTemplate Template, string Text, bool IsOwn) ReadTemplate(TemplateLibrary library, string? id, string? text)
    {
        if ((id is null) == (text is null))
        {
            throw StewardException.Invalid("templateId", "must be given, or else template.");
        }

        if (id is not null)
        {
            return library.Find(id) is { } found
                ? (found.Template, found.Text, false)
                : throw StewardException.Invalid("templateId", "is not in the catalogue; /v1/connector-templates lists what is.");
        }

        if (text!.Length > MaxTemplateLength)
        {
            throw StewardException.Invalid("template", $"must have at most {MaxTemplateLength} characters.");
        }

        try
        {
            return (TemplateReader.Read(text, "template"), text, true);
        }
        catch (DefinitionException exception)
        {
            throw new StewardException(ErrorCodes.InvalidArgument, string.Join(" ", exception.Errors.Take(10)), exception) { Field = "template" };
        }
    }

    /// <summary>Refuses an instance that does not fit its template.</summary>
    public static void Check(ConnectorInstance instance, ConnectorTemplate template, bool mayReachPrivateAddresses, double maxLimitFactor)
    {
        if (instance.LimitFactor is { } factor && !(factor >= InstanceRules.LeastLimitFactor && factor <= maxLimitFactor))
        {
            throw StewardException.Invalid("limitFactor", string.Create(CultureInfo.InvariantCulture, $"must be between {InstanceRules.LeastLimitFactor} and {maxLimitFactor}; whoever runs Steward can allow more."));
        }

        if (InstanceRules.Check(instance, template, mayReachPrivateAddresses) is { } fault)
        {
            throw StewardException.Invalid(fault.Field, fault.Message);
        }

        foreach (var (operationId, mappings) in instance.Mappings)
        {
            if (template.Operations.FirstOrDefault(candidate => candidate.Id == operationId) is not { } operation)
            {
                throw StewardException.Invalid($"mappings.{operationId}", "is no operation of the template.");
            }

            if (MappingRules.Check(mappings, operation) is [var first, ..])
            {
                throw StewardException.Invalid($"mappings.{operationId}.{first.Index}.{first.Field}", first.Message);
            }
        }
    }

    /// <summary>Refuses to send secrets to another host than that for which they were given: whoever may change settings need not know the secrets, and must not get to know them so.</summary>
    public static void RequireSameHost(ResolvedInstance before, ResolvedInstance after)
    {
        if (InstanceAddress.Find(before)?.Authority != InstanceAddress.Find(after)?.Authority)
        {
            throw new StewardException(ErrorCodes.Conflict, "fields: its secrets were given for the present host, and this would send them to another one. Create another connector.") { Field = "fields" };
        }
    }

    /// <summary>The secrets that a front end sealed.</summary>
    public static Dictionary<string, SecretText> Open(SecretSealer sealer, string key, IReadOnlyDictionary<string, string> sealedSecrets)
    {
        var secrets = new Dictionary<string, SecretText>(StringComparer.Ordinal);
        foreach (var (name, value) in sealedSecrets)
        {
            if (!sealer.TryOpen(value, key, out var secret))
            {
                throw StewardException.Invalid($"secrets.{name}", "could not be opened: the front end and the cluster must have the same keys.");
            }

            if (secret.IsBlank || secret.Reveal().Length > InstanceRules.MaxSecretLength)
            {
                throw StewardException.Invalid($"secrets.{name}", $"must have 1 to {InstanceRules.MaxSecretLength} characters.");
            }

            secrets[name] = secret;
        }

        return secrets;
    }

    private static Dictionary<string, IReadOnlyList<FieldMapping>> ReadMappings(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, IReadOnlyList<FieldMapping>>>(json, TemplateJson.Options)
                ?? throw StewardException.Invalid("mappings", "must be an object.");
        }
        catch (JsonException exception)
        {
            throw new StewardException(ErrorCodes.InvalidArgument, $"mappings: must be an object of lists of mappings by operation; see {exception.Path}.", exception) { Field = "mappings" };
        }
    }

    private static List<McpTool> ReadTools(ConnectorTemplate template, string json)
    {
        if (template.Kind != TemplateKind.Mcp)
        {
            throw StewardException.Invalid("tools", "are only for connectors to servers of the Model Context Protocol.");
        }

        try
        {
            var tools = JsonSerializer.Deserialize<List<McpTool>>(json, TemplateJson.Options) ?? throw StewardException.Invalid("tools", "must be a list.");
            return McpOperations.FaultOf(tools) is { } fault ? throw StewardException.Invalid("tools", fault) : tools;
        }
        catch (JsonException exception)
        {
            throw new StewardException(ErrorCodes.InvalidArgument, $"tools: must be a list of tools as tools.list gives them; see {exception.Path}.", exception) { Field = "tools" };
        }
    }
}
