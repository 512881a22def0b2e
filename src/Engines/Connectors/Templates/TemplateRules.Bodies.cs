using System.Text.Json;
using System.Xml;

namespace Steward.Engines.Connectors.Templates;

/// <content>Bodies of requests.</content>
public static partial class TemplateRules
{
    private const int MaxParts = 20;

    private static void CheckBody(OperationTemplate operation, string path, HashSet<string> known, Faults faults)
    {
        var hasParts = operation.BodyFormat is BodyFormat.Multipart or BodyFormat.MultipartRelated;
        faults.When(operation.Parts.Count > 0 && !hasParts, $"{path}/parts", "are only for bodyFormat: multipart and multipart_related.");
        if (hasParts)
        {
            faults.When(operation.Method is "GET" or "HEAD", $"{path}/parts", $"{operation.Method} has no body.");
            faults.When(operation.Body is not null, $"{path}/body", "must be left out: parts says what is sent.");
            faults.When(operation.Parts.Count is < 1 or > MaxParts, $"{path}/parts", $"must hold 1 to {MaxParts} parts.");
            foreach (var (part, at) in operation.Parts.Select((part, at) => (part, at)))
            {
                CheckPart(operation, part, $"{path}/parts/{at}", known, faults);
            }
        }
        else if (operation.Body is { } body)
        {
            faults.When(operation.Method is "GET" or "HEAD", $"{path}/body", $"{operation.Method} has no body.");
            faults.When(operation.BodyFormat == BodyFormat.Form && body.ValueKind != JsonValueKind.Object, $"{path}/body", "must be an object with bodyFormat: form.");
            faults.Placeholders(body, $"{path}/body", known);
            if (operation.BodyFormat == BodyFormat.Xml)
            {
                CheckXml(body, $"{path}/body", faults);
            }
        }
    }

    private static void CheckPart(OperationTemplate operation, PartSpec part, string path, HashSet<string> known, Faults faults)
    {
        var isForm = operation.BodyFormat == BodyFormat.Multipart;
        faults.When(isForm && string.IsNullOrEmpty(part.Name), $"{path}/name", "must be the field's name.");
        faults.When(!isForm && part.Name is not null, $"{path}/name", "is only for bodyFormat: multipart.");
        faults.When(new[] { part.Json is not null, part.Text is not null, part.Base64 is not null }.Count(given => given) != 1, path, "must have exactly one of json, text and base64.");
        if (part.Json is { } json)
        {
            faults.Placeholders(json, $"{path}/json", known);
        }

        faults.Placeholders(part.Text ?? "", $"{path}/text", known);
        faults.Placeholders(part.Base64 ?? "", $"{path}/base64", known);
        faults.Placeholders(part.FileName ?? "", $"{path}/fileName", known);
        faults.Placeholders(part.ContentType ?? "", $"{path}/contentType", known);
        faults.When(part.Base64 is { } bytes && !TemplateText.Parse(bytes).IsValue, $"{path}/base64", "must be one placeholder, such as {content}.");
    }

    private static void CheckXml(JsonElement body, string path, Faults faults)
    {
        if (body.ValueKind != JsonValueKind.String)
        {
            faults.Add(path, "must be a text with bodyFormat: xml, the document.");
            return;
        }

        try
        {
            var text = body.GetString()!;
            using var reader = XmlReader.Create(
                new StringReader(TemplateText.Parse(text).Render(_ => Json("x")) ?? text),
                new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            while (reader.Read())
            {
                // There values are not escaped by what these take for an escape.
                faults.When(
                    reader.NodeType is XmlNodeType.CDATA or XmlNodeType.Comment or XmlNodeType.ProcessingInstruction, path, "must hold no CDATA, comments and processing instructions.");
            }
        }
        catch (XmlException exception)
        {
            faults.Add(path, $"must be well-formed XML when each placeholder stands for a text: {exception.Message}");
        }
        catch (FormatException)
        {
            // A function refuses the sample; which ones exist is checked elsewhere.
        }
    }
}
