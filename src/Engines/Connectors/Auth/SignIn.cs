using System.Text;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Auth;

/// <summary>Everything that one request to a token endpoint is made of. Kept no longer than the request.</summary>
public sealed class SignIn
{
    private const int LongestValue = 64 * 1024;

    private readonly Dictionary<string, string> _fields;
    private readonly IReadOnlyDictionary<string, SecretText> _secrets;

    /// <summary>Collects what an instance signs in with.</summary>
    /// <param name="target">The instance and its template.</param>
    /// <param name="secrets">The secrets from the vault.</param>
    /// <param name="allowPrivateAddresses">Whether the operator allows token endpoints on private addresses and, there, plain http.</param>
    /// <exception cref="OAuthException">The instance names a way to sign in that the template does not have.</exception>
    public SignIn(ResolvedInstance target, IReadOnlyDictionary<string, SecretText> secrets, bool allowPrivateAddresses)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(secrets);
        var (instance, template) = (target.Instance, target.Template);
        Product = template.Name;
        Connector = template.Id;
        AllowPrivateAddresses = allowPrivateAddresses;
        Auth = template.Auth.FirstOrDefault(auth => auth.Id == instance.AuthId)
            ?? throw OAuthException.NotConfigured($"The connector '{instance.Name}' signs in by '{instance.AuthId}', which its template does not know.");
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in template.Connection.Fields.Concat(Auth.Fields))
        {
            if (field is { Secret: false, Default: { } value })
            {
                fields[field.Name] = value;
            }
        }

        foreach (var (name, value) in instance.Fields)
        {
            fields[name] = value;
        }

        if (instance.Region is { } region)
        {
            fields["region"] = region;
        }

        _fields = fields;
        _secrets = secrets;
        var address = instance.BaseUrl
            ?? (instance.Region is { } at && template.Connection.Regions.TryGetValue(at, out var regional) ? regional : template.Connection.BaseUrl);
        if (TryRender(address, out var baseUrl, out _))
        {
            fields["baseUrl"] = baseUrl.TrimEnd('/');
        }
    }

    /// <summary>The product's name, for messages.</summary>
    public string Product { get; }

    /// <summary>The template's id, for traces.</summary>
    public string Connector { get; }

    /// <summary>The way to sign in.</summary>
    public AuthSpec Auth { get; }

    /// <summary>Whether private addresses are allowed.</summary>
    public bool AllowPrivateAddresses { get; }

    /// <summary>The OAuth endpoints and habits.</summary>
    /// <exception cref="OAuthException">The way to sign in is not one of OAuth's.</exception>
    public OAuth2Spec OAuth => Auth.OAuth2 ?? throw OAuthException.NotConfigured($"The template of {Product} does not say where '{Auth.Id}' gets tokens.");

    /// <summary>A field or secret; null when it is not given.</summary>
    internal string? Find(string name) =>
        _secrets.TryGetValue(name, out var secret) && !secret.IsBlank ? secret.Reveal()
        : _fields.TryGetValue(name, out var value) && value.Length > 0 ? value
        : null;

    /// <summary>A field or secret that must be given.</summary>
    internal string Need(string name) => Find(name) ?? throw OAuthException.NotConfigured($"The connector for {Product} cannot sign in: '{name}' is not given.");

    /// <summary>A text with its placeholders filled in.</summary>
    internal string Render(string template) => TryRender(template, out var text, out var absent)
        ? text
        : throw OAuthException.NotConfigured($"The connector for {Product} cannot sign in: '{absent}' is not given.");

    /// <summary>A text with its placeholders filled in; false with the name of the first that is not given.</summary>
    internal bool TryRender(string template, out string text, out string absent)
    {
        var result = new StringBuilder();
        absent = "";
        for (var at = 0; at < template.Length;)
        {
            var end = template[at] == '{' ? template.IndexOf('}', at) : -1;
            var name = end < 0 ? "" : template[(at + 1)..end];
            if (name.Length == 0 || !name.All(character => char.IsAsciiLetterOrDigit(character) || character == '_'))
            {
                result.Append(template[at++]);
                continue;
            }

            if (Find(name) is not { Length: <= LongestValue } value)
            {
                (text, absent) = ("", name);
                return false;
            }

            result.Append(value);
            at = end + 1;
        }

        text = result.ToString();
        return true;
    }

    /// <summary>Whether one of the secrets is in a text.</summary>
    internal bool Holds(string text) => _secrets.Values.Any(secret => !secret.IsBlank && text.Contains(secret.Reveal(), StringComparison.OrdinalIgnoreCase));
}
