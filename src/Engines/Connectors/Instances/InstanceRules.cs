using System.Text.RegularExpressions;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Instances;

/// <summary>One fault in an instance's settings.</summary>
/// <param name="Field">Which setting, for example <c>fields.domain</c>.</param>
/// <param name="Message">What is allowed, as a part of a sentence that begins with the field.</param>
public sealed record InstanceFault(string Field, string Message);

/// <summary>What an instance must keep to fit its template.</summary>
public static partial class InstanceRules
{
    /// <summary>The name of the secret that a system's webhooks are verified with.</summary>
    public const string WebhookSecret = "webhookSecret";

    /// <summary>The longest value of a field, in characters.</summary>
    public const int MaxFieldLength = 2000;

    /// <summary>The longest secret, in characters; private keys and certificates are the longest.</summary>
    public const int MaxSecretLength = 32_768;

    /// <summary>The smallest factor of limits, for tenants that leave most of their plan to other programs.</summary>
    public const double LeastLimitFactor = 0.01;

    private static readonly TimeSpan MatchTimeout = TimeSpan.FromMilliseconds(200);

    /// <summary>The first fault, or null when it fits.</summary>
    /// <param name="instance">The settings.</param>
    /// <param name="template">Its template.</param>
    /// <param name="allowHttp">Whether an address without encryption is allowed: systems on private networks that the operator has opened.</param>
    public static InstanceFault? Check(ConnectorInstance instance, ConnectorTemplate template, bool allowHttp)
    {
        ArgumentNullException.ThrowIfNull(instance);
        ArgumentNullException.ThrowIfNull(template);
        if (!Name().IsMatch(instance.Name))
        {
            return new("name", "must be 2 to 40 lower-case letters, digits and hyphens, beginning with a letter.");
        }

        if (instance.Title is not { Length: >= 1 and <= 200 } || instance.Title.Any(char.IsControl))
        {
            return new("title", "must have 1 to 200 characters.");
        }

        if (template.Auth.FirstOrDefault(auth => auth.Id == instance.AuthId) is not { } auth)
        {
            return new("authId", $"must be one of {string.Join(", ", template.Auth.Select(known => known.Id))}.");
        }

        if (instance.OnBehalfOfUser && !auth.PerUser)
        {
            return new("onBehalfOfUser", $"is not possible with the sign-in '{auth.Id}'.");
        }

        return CheckRegion(instance, template)
            ?? CheckFields(instance, template, auth)
            ?? CheckSecrets(instance, template, auth)
            ?? CheckAddress(instance, template, allowHttp)
            ?? CheckOperations(instance, template);
    }

    private static InstanceFault? CheckRegion(ConnectorInstance instance, ConnectorTemplate template) => instance.Region switch
    {
        null => null,
        var region when template.Connection.Regions.Count > 0 && !template.Connection.Regions.ContainsKey(region)
            => new("region", $"must be one of {string.Join(", ", template.Connection.Regions.Keys)}."),
        var region when !Region().IsMatch(region) => new("region", "must be 1 to 40 lower-case letters, digits and hyphens."),
        _ => null,
    };

    private static InstanceFault? CheckFields(ConnectorInstance instance, ConnectorTemplate template, AuthSpec auth)
    {
        var known = template.Connection.Fields.Concat(auth.Fields.Where(field => !field.Secret)).ToList();
        foreach (var (name, value) in instance.Fields)
        {
            if (known.Find(field => field.Name == name) is not { } field)
            {
                return auth.Fields.Any(secret => secret.Secret && secret.Name == name)
                    ? new($"fields.{name}", "is a secret and belongs to the secrets.")
                    : new($"fields.{name}", $"is not known; the template has {string.Join(", ", known.Select(other => other.Name))}.");
            }

            if (Fault(field, value) is { } message)
            {
                return new($"fields.{name}", message);
            }
        }

        return known.Find(field => field.Required && field.Default is null && string.IsNullOrWhiteSpace(instance.Fields.GetValueOrDefault(field.Name))) is { } missing
            ? new($"fields.{missing.Name}", $"must be given: {missing.Title}{(missing.Example is null ? "" : $", such as {missing.Example}")}.")
            : null;
    }

    private static InstanceFault? CheckSecrets(ConnectorInstance instance, ConnectorTemplate template, AuthSpec auth)
    {
        var known = auth.Fields.Where(field => field.Secret).ToList();
        if (template.Webhooks.Count > 0)
        {
            known.Add(new FieldSpec { Name = WebhookSecret, Title = "What its webhooks are signed with", Required = false, Secret = true });
        }

        return instance.Secrets.FirstOrDefault(name => !known.Exists(field => field.Name == name)) is { } unknown
            ? new($"secrets.{unknown}", known.Count == 0 ? "is not known; this sign-in has no secrets." : $"is not known; this sign-in has {string.Join(", ", known.Select(field => field.Name))}.")
            : known.Find(field => field.Required && !instance.Secrets.Contains(field.Name, StringComparer.Ordinal)) is { } missing
                ? new($"secrets.{missing.Name}", $"must be given: {missing.Title}.")
                : null;
    }

    private static InstanceFault? CheckAddress(ConnectorInstance instance, ConnectorTemplate template, bool allowHttp)
    {
        if (template is { Kind: TemplateKind.Mcp, Mcp.Transport: McpTransport.Stdio })
        {
            return null;
        }

        if (InstanceAddress.Find(new ResolvedInstance(instance, template)) is not { } url)
        {
            return new("baseUrl", "must come out as an address such as https://acme.example.com: without user, query and fragment, and with all fields given.");
        }

        return url.Scheme == "https" || allowHttp ? null : new("baseUrl", "must begin with https://.");
    }

    private static InstanceFault? CheckOperations(ConnectorInstance instance, ConnectorTemplate template)
    {
        // What a server of the Model Context Protocol offers is only known when it is asked.
        if (template.Kind == TemplateKind.Mcp)
        {
            return null;
        }

        var known = template.Operations.Select(operation => operation.Id).ToHashSet(StringComparer.Ordinal);
        return instance.Operations?.FirstOrDefault(id => !known.Contains(id)) is { } unknown
            ? new("operations", $"'{unknown}' is not known; the template has {string.Join(", ", known)}.")
            : instance.Access.Keys.FirstOrDefault(id => id != "*" && !known.Contains(id)) is { } closed
                ? new($"access.{closed}", "is no operation of the template, and not *.")
                : instance.Mappings.Keys.FirstOrDefault(id => !known.Contains(id)) is { } mapped
                    ? new($"mappings.{mapped}", "is no operation of the template.")
                    : null;
    }

    private static string? Fault(FieldSpec field, string value)
    {
        if (value.Length > MaxFieldLength || value.Any(character => char.IsControl(character) && !(field.Multiline && character is '\n' or '\r')))
        {
            return $"must have at most {MaxFieldLength} characters, none of them a control character.";
        }

        if (field.Values is { Count: > 0 } values && !values.Contains(value, StringComparer.Ordinal))
        {
            return $"must be one of {string.Join(", ", values)}.";
        }

        return value.Length > 0 && field.Pattern is { } pattern && !Regex.IsMatch(value, $@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, MatchTimeout)
            ? $"must look like {field.Example ?? pattern}."
            : null;
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{1,39}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[a-z0-9-]{1,40}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Region();
}
