using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Instances;

/// <summary>Where an instance's calls go.</summary>
public static class InstanceAddress
{
    /// <summary>The address: the instance's own, else its region's, else the template's, with the fields put in; null when a field is missing or it is no address.</summary>
    public static Uri? Find(ResolvedInstance target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return Uri.TryCreate(Text(target.Instance, target.Template), UriKind.Absolute, out var url)
            && url.Scheme is "https" or "http" && url.UserInfo.Length == 0 && url.Query.Length == 0 && url.Fragment.Length == 0
            ? url
            : null;
    }

    /// <summary>A text of the template with the connection's fields put in; a field that is neither given nor has a default stays as it is.</summary>
    public static string Fill(string text, ConnectorInstance instance, ConnectorTemplate template)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(instance);
        ArgumentNullException.ThrowIfNull(template);
        return TemplateText.Fill(text, name => name switch
        {
            "region" when !string.IsNullOrEmpty(instance.Region) => instance.Region,
            _ when instance.Fields.TryGetValue(name, out var value) && value.Length > 0 => value,
            _ => template.Connection.Fields.FirstOrDefault(field => field.Name == name)?.Default
                ?? template.Auth.FirstOrDefault(auth => auth.Id == instance.AuthId)?.Fields.FirstOrDefault(field => field.Name == name && !field.Secret)?.Default,
        });
    }

    private static string Text(ConnectorInstance instance, ConnectorTemplate template) => Fill(
        instance.BaseUrl ?? (instance.Region is { } region && template.Connection.Regions.TryGetValue(region, out var regional) ? regional : template.Connection.BaseUrl),
        instance,
        template);
}
