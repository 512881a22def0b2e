using System.Text;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline.Requests;

/// <summary>Puts keys, passwords and tokens into headers and query parameters, as <see cref="AuthSpec.Apply"/> says.</summary>
internal sealed class CredentialPlaces : ICredentialApplier
{
    private static readonly CredentialPlace Bearer = new() { Header = "Authorization", Value = "Bearer {access_token}" };
    private static readonly CredentialPlace UserAndPassword = new() { Header = "Authorization", Value = "{username}:{password}" };

    public bool CanApply(AuthKind kind) => kind is not (AuthKind.Sigv4 or AuthKind.Mtls or AuthKind.Hmac);

    public void Apply(HttpRequestMessage request, ReadOnlyMemory<byte> body, CredentialUse use)
    {
        var auth = use.Auth;
        IReadOnlyList<CredentialPlace> places = auth.Apply.Count > 0 ? auth.Apply
            : auth.Kind == AuthKind.None ? []
            : auth.Kind == AuthKind.Basic ? [UserAndPassword]
            : auth.Kind == AuthKind.ApiKey ? throw NotConfigured(use, "its template does not say where the key goes")
            : [Bearer];
        foreach (var place in places)
        {
            var value = ValueOf(place, use);
            if (place.Header is { } header)
            {
                request.Headers.Remove(header);
                if (!request.Headers.TryAddWithoutValidation(header, auth.Kind == AuthKind.Basic ? Basic(value) : value))
                {
                    throw NotConfigured(use, $"a credential cannot go into the header {header}");
                }
            }
            else if (place.Query is { } parameter)
            {
                request.RequestUri = WithParameter(request.RequestUri!, parameter, value);
            }
        }
    }

    private static string ValueOf(CredentialPlace place, CredentialUse use)
    {
        var template = CompiledTemplate.Of(use.Target.Template);
        var scope = new TemplateScope(template, use.Target.Instance, default, "", "") { Credential = use.Credential };
        var value = new ValueTemplate(place.Value);
        var text = value.Text(scope) ?? throw NotConfigured(use, $"'{value.FirstAbsent(scope)}' is not given");
        return text.Any(char.IsControl) ? throw NotConfigured(use, "a credential holds line breaks or other control characters") : text;
    }

    // User and password with a colon between them are written as RFC 7617 has it; what a template writes out itself stays.
    private static string Basic(string value) => value.StartsWith("Basic ", StringComparison.Ordinal) ? value : "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(value));

    internal static Uri WithParameter(Uri url, string name, string value)
    {
        var key = Uri.EscapeDataString(name) + "=";
        var kept = url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Where(pair => !pair.StartsWith(key, StringComparison.Ordinal));
        return new Uri($"{url.GetLeftPart(UriPartial.Path)}?{string.Join('&', kept.Append(key + Uri.EscapeDataString(value)))}");
    }

    private static OutcomeException NotConfigured(CredentialUse use, string why) =>
        OutcomeException.Failed(FailureCodes.NotConfigured, $"The connector '{use.Target.Instance.Name}' cannot sign in: {why}.");
}
