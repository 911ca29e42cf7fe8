/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flags.h - what the tables of commands are written with. */
#pragma once

#include "args.h"
#include "base/cleanup.h"
#include "commands.h"

#define OPTION(M) offsetof(struct options, M)
#define FLAGS(TABLE)                     \
	{                                \
		ARRAY_SIZE(TABLE), TABLE \
	}

#define FLAG_CONFIG                                                                             \
	{                                                                                       \
		"config", 'c', FLAG_TEXT, OPTION(config), CONFIG_DEFAULT,                       \
			"Path to the file containing connection configuration in YAML or JSON " \
			"format.",                                                              \
			.is_file = true                                                         \
	}
