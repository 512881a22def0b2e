"""Writes a model folder."""

import hashlib
import json
import os
import shutil

from . import setup
from . import pretrain

PROVENANCE = {
    "it-topic": "IT service tickets in 8 topics (Kaggle, adisongoh; training part of Lunalykaya/IT-Service-Ticket-Classification); no licence stated",
    "it-assignment": "IT tickets in 72 assignment groups (rupayp/flaskapp all_tickets.csv, four fifths by hash); no licence stated",
    "banking77": "BANKING77 training set (PolyAI-LDN/task-specific-datasets), CC BY 4.0",
    "clinc150": "CLINC150 training and validation parts (clinc/oos-eval), CC BY 3.0",
    "endava": "a part of the Endava support tickets (deepakmoud/datasets-for-experiment); no licence stated",
    "cranfield": "Cranfield 1400, documents only",
}
PRETRAINED_ON = ["it-topic", "it-assignment", "banking77", "clinc150", "endava", "cranfield"]


def write_json(path, value):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        json.dump(value, file, ensure_ascii=False, indent=1)
        file.write("\n")


def folder_of(name):
    folder = os.path.join(setup.models_root(), name)
    os.makedirs(folder, exist_ok=True)
    return folder


def write(name, task, maximum, labels, calibration, metrics, data, version="1.0.0", extra=None):
    """Completes the folder in which `model.onnx` (and `linear.bin`) already lie."""
    folder = folder_of(name)
    shutil.copyfile(pretrain.vocabulary_path(), os.path.join(folder, "vocab.txt"))
    write_json(os.path.join(folder, "labels.json"), labels)
    write_json(os.path.join(folder, "calibration.json"), calibration)
    files = {}
    for file in ("model.onnx", "vocab.txt", "linear.bin", "labels.json", "calibration.json"):
        path = os.path.join(folder, file)
        if os.path.exists(path):
            with open(path, "rb") as stream:
                files[file] = hashlib.sha256(stream.read()).hexdigest()
    write_json(os.path.join(folder, "model.json"), {
        "name": name, "version": version, "task": task, "maxTokens": maximum, "lowercase": True, "pooling": "mean",
        "normalize": task == "embedding", **(extra or {}), "sha256": files, "metrics": metrics,
        "data": {"trainedOn": [PROVENANCE[d] for d in data],
                 "encoderPretrainedOn": [PROVENANCE[d] for d in PRETRAINED_ON],
                 "parts": "train, dev and test by hash of the text, see training/README.md"}})
    print(name, json.dumps(metrics), sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder)), "bytes",
          flush=True)
